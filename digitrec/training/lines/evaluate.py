"""Measure how accurate and how well calibrated the line model is."""

import numpy as np

from digitrec.prediction import NON_DIGIT, NumberVerdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.recognition.models.cards import LineEvaluation
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.training.data.line_sources import Lines
from digitrec.training.digits.evaluate import expected_calibration_error, reliability_bins


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
        confident_exact_match=float(correct[confident].mean()) if confident.any() else None,
        refused=float(np.mean([not prediction.verdict.has_label for prediction, _ in predictions])),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def false_accept_rate(model: LineModel, lines: Lines) -> float:
    """Return the share of lines with non-digits in them that the model reads as a number of digits only."""
    recognizer = NumberRecognizer(model)
    texts = [recognizer.recognize_line(line).text for line, _ in lines]
    return float(np.mean([bool(text) and NON_DIGIT not in text for text in texts]))
