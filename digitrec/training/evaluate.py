"""Measure the accuracy and calibration of models, and choose their temperature and thresholds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.prediction import NON_DIGIT, NumberVerdict
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.edit_distance import edit_distance
from digitrec.recognition.models.cards import Evaluation, LineEvaluation, ReliabilityBin
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.training.data.line_sources import Lines

BINS = 15


def evaluate_model(model: DigitModel, digits: Digits) -> Evaluation:
    """Evaluate a model on labeled digits with the thresholds of its card."""
    outputs = model.classifier.classify(scale_to_unit(digits.images))
    return evaluate(outputs, digits, model.card.confidence_threshold, model.card.digit_threshold)


def evaluate(
    outputs: ClassifierOutput, digits: Digits, confidence_threshold: float, digit_threshold: float
) -> Evaluation:
    """Compare a network's outputs for digits with their labels, given its thresholds; blank images are rejected."""
    predicted, confidence = outputs.probabilities.argmax(1), outputs.probabilities.max(1)
    labels, inked = digits.labels, digits.images.any((1, 2))
    correct = inked & (predicted == labels)
    rejected = is_rejected(outputs, digit_threshold) | ~inked
    confident = ~rejected & (confidence >= confidence_threshold)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels[inked], predicted[inked]), 1)
    reliability = reliability_bins(confidence[inked], correct[inked])
    return Evaluation(
        digits=len(digits),
        accuracy=float(correct.mean()),
        per_digit=[_mean(correct[labels == digit]) for digit in range(10)],
        confusion=confusion.tolist(),
        confident=float(confident.mean()),
        confident_accuracy=_mean(correct[confident]),
        refused=float(rejected.mean()),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def evaluate_lines(model: LineModel, lines: Lines) -> LineEvaluation:
    """Evaluate a model on labeled lines with the thresholds of its card."""
    recognizer = NumberRecognizer(model)
    predictions = [(recognizer.recognize_line(line), text) for line, text in lines]
    correct = np.array([prediction.label == text for prediction, text in predictions])
    confidence = np.array([prediction.confidence for prediction, _ in predictions])
    confident = np.array([prediction.verdict is NumberVerdict.NUMBER for prediction, _ in predictions])
    errors = sum(edit_distance(prediction.label, text) for prediction, text in predictions)
    reliability = reliability_bins(confidence, correct)
    return LineEvaluation(
        lines=len(predictions),
        exact_match=float(correct.mean()),
        character_error_rate=errors / max(sum(len(text) for _, text in predictions), 1),
        confident=float(confident.mean()),
        confident_exact_match=_mean(correct[confident]),
        refused=float(np.mean([not prediction.verdict.has_label for prediction, _ in predictions])),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def false_accept_rates(model: LineModel, lines: Lines) -> tuple[float, float]:
    """Return the share of lines with non-digits that are read as digits only, and the share read so with confidence."""
    recognizer = NumberRecognizer(model)
    predictions = [recognizer.recognize_line(line) for line, _ in lines]
    accepted = [bool(prediction.text) and NON_DIGIT not in prediction.text for prediction in predictions]
    confident = [prediction.verdict is NumberVerdict.NUMBER for prediction in predictions]
    return float(np.mean(accepted)), float(np.mean(confident))


def is_rejected(outputs: ClassifierOutput, digit_threshold: float) -> NDArray[np.bool_]:
    """Return for each image (N,) whether it is rejected as not a digit."""
    if outputs.kinds is None:
        return np.zeros(len(outputs.probabilities), np.bool_)
    return np.asarray(outputs.kinds[:, 0] < digit_threshold)


def reliability_bins(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> list[ReliabilityBin]:
    """Return the predictions (N,) in fifteen confidence bins of equal width, without the empty bins."""
    indices = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for index in np.unique(indices):
        inside = indices == index
        mean_confidence, accuracy = float(confidence[inside].mean()), float(correct[inside].mean())
        bins.append(ReliabilityBin(digits=int(inside.sum()), confidence=mean_confidence, accuracy=accuracy))
    return bins


def expected_calibration_error(reliability: list[ReliabilityBin]) -> float:
    """Return the average distance between confidence and accuracy, 0 to 1 (Guo, Pleiss, Sun and Weinberger 2017)."""
    digits = sum(bin_.digits for bin_ in reliability)
    return sum(bin_.digits * abs(bin_.confidence - bin_.accuracy) for bin_ in reliability) / max(digits, 1)


def choose_confidence_threshold(
    outputs: ClassifierOutput, labels: NDArray[np.uint8], min_accuracy: float = 0.998
) -> float:
    """Return the lowest threshold at which confident predictions of validation digits have this accuracy."""
    return threshold_for_accuracy(min_accuracy, outputs.probabilities.max(1), outputs.probabilities.argmax(1) == labels)


def threshold_for_accuracy(min_accuracy: float, confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> float:
    """Return the lowest confidence at and above which predictions (N,) have this accuracy, or 1 if there is none."""
    order = confidence.argsort()[::-1]
    accurate = np.flatnonzero(correct[order].cumsum() / np.arange(1, len(correct) + 1) >= min_accuracy)
    return float(confidence[order][accurate[-1]]) if accurate.size else 1.0


def choose_digit_threshold(outputs: Sequence[ClassifierOutput], false_rejects: float = 0.002) -> float:
    """Return the threshold that rejects this share of all validation digits, or 0 if the network can't reject."""
    kinds = [output.kinds[:, 0] for output in outputs if output.kinds is not None]
    return float(np.quantile(np.concatenate(kinds), false_rejects)) if kinds else 0.0


def fit_temperature(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the temperature that maximizes the likelihood of validation labels (Guo et al. 2017).

    Dividing the logits by it calibrates the network.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-12))

    def negative_log_likelihood(temperature: float) -> float:
        scaled_logits = logits / temperature
        label_logits = scaled_logits[np.arange(len(labels)), labels]
        return float((np.logaddexp.reduce(scaled_logits, axis=1) - label_logits).mean())

    return float(minimize_scalar(negative_log_likelihood, bounds=(0.2, 5), method="bounded").x)


def _mean(correct: NDArray[np.bool_]) -> float | None:
    return float(correct.mean()) if correct.size else None
