"""How well a model reads digits it was not trained on, and how well it knows when it does not."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.cards import Evaluation, ReliabilityBin
from digitrec.recognition.models.digit_model import DigitModel

BINS = 15


def evaluated(model: DigitModel, digits: Digits) -> Evaluation:
    """What a model's answers about digits are worth, by the thresholds in its card; without ink nothing is read."""
    return evaluate(
        model.classifier.classify(scale_to_unit(digits.images)),
        digits.labels,
        confidence_threshold=model.card.confidence_threshold,
        digit_threshold=model.card.digit_threshold,
        blank=np.logical_not(digits.images.any((1, 2))),
    )


def evaluate(
    answers: ClassifierOutput,
    labels: NDArray[np.uint8],
    *,
    confidence_threshold: float,
    digit_threshold: float = 0.0,
    blank: NDArray[np.bool_] | None = None,
) -> Evaluation:
    """What a network's answers about digits are worth, over all and by digit, given its thresholds.

    Of the pictures (N,) that are ``blank`` none was read, whatever a network says about nothing.
    """
    read, confidence = answers.probabilities.argmax(1), answers.probabilities.max(1)
    inked = np.ones(len(labels), np.bool_) if blank is None else ~blank
    right = inked & (read == labels)
    refused = not_digits(answers, digit_threshold) | ~inked
    confident = ~refused & (confidence >= confidence_threshold)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels[inked], read[inked]), 1)
    reliability = reliability_bins(confidence[inked], right[inked])
    return Evaluation(
        digits=len(labels),
        accuracy=float(right.mean()),
        per_digit=[_share(right[labels == digit]) for digit in range(10)],
        confusion=confusion.tolist(),
        confident=float(confident.mean()),
        confident_accuracy=_share(right[confident]),
        refused=float(refused.mean()),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def not_digits(answers: ClassifierOutput, digit_threshold: float) -> NDArray[np.bool_]:
    """Which of the pictures (N,) a network with this threshold refuses as no digit."""
    if answers.kinds is None:
        return np.zeros(len(answers.probabilities), np.bool_)
    return np.asarray(answers.kinds[:, 0] < digit_threshold)


def reliability_bins(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> list[ReliabilityBin]:
    """The digits (N,) parted by their confidence into fifteen bins of equal width, those with digits in them."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        ReliabilityBin(
            digits=int(inside.sum()), confidence=float(confidence[inside].mean()), accuracy=float(right[inside].mean())
        )
        for inside in (place == number for number in range(BINS))
        if inside.any()
    ]


def expected_calibration_error(reliability: list[ReliabilityBin]) -> float:
    """How far confidence and accuracy lie apart on average, 0 to 1 (Guo, Pleiss, Sun and Weinberger 2017)."""
    digits = sum(bin_.digits for bin_ in reliability)
    return sum(bin_.digits * abs(bin_.confidence - bin_.accuracy) for bin_ in reliability) / digits


def confidence_threshold(answers: ClassifierOutput, labels: NDArray[np.uint8], accuracy: float = 0.998) -> float:
    """The lowest confidence from which answers about validation digits are right at least this often."""
    return confidence_for(accuracy, answers.probabilities.max(1), answers.probabilities.argmax(1) == labels)


def confidence_for(accuracy: float, confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """The lowest confidence from which answers (N,) are right at least this often, 1 where none is."""
    order = confidence.argsort()[::-1]
    enough = np.flatnonzero(right[order].cumsum() / np.arange(1, len(right) + 1) >= accuracy)
    return float(confidence[order][enough[-1]]) if enough.size else 1.0


def digit_threshold(answers: ClassifierOutput, refused: float = 0.005) -> float:
    """The threshold under which this share of validation digits is refused as no digit, 0 where a network cannot."""
    return 0.0 if answers.kinds is None else float(np.quantile(answers.kinds[:, 0], refused))


def fit_temperature(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """What to divide the logits by for the likeliest confidence on validation digits (Guo et al. 2017)."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-12))

    def negative_log_likelihood(value: float) -> float:
        scaled = logits / value
        of_label = scaled[np.arange(len(labels)), labels]
        return float((np.logaddexp.reduce(scaled, axis=1) - of_label).mean())

    return float(minimize_scalar(negative_log_likelihood, bounds=(0.2, 5), method="bounded").x)


def _share(right: NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if right.size else None
