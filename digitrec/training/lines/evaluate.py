"""How well a model reads lines it was not trained on, and how well it knows when it does not."""

import numpy as np

from digitrec.prediction import OTHER, NumberVerdict
from digitrec.recognition.edit_distance import edits
from digitrec.recognition.models.cards import LineEvaluation
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.training.data.line_sources import Lines
from digitrec.training.digits.evaluate import expected_calibration_error, reliability_bins


def evaluated_lines(model: LineModel, lines: Lines) -> LineEvaluation:
    """What a model's readings of lines are worth, by the threshold in its card."""
    recognizer = NumberRecognizer(model)
    read = [(recognizer.read_line(line), text) for line, text in lines]
    right = np.array([recognition.label == text for recognition, text in read])
    confidence = np.array([recognition.confidence for recognition, _ in read])
    sure = np.array([recognition.verdict is NumberVerdict.NUMBER for recognition, _ in read])
    reliability = reliability_bins(confidence, right)
    return LineEvaluation(
        lines=len(read),
        exact=float(right.mean()),
        digit_errors=sum(edits(recognition.label, text) for recognition, text in read)
        / max(sum(len(text) for _, text in read), 1),
        sure=float(sure.mean()),
        sure_exact=float(right[sure].mean()) if sure.any() else None,
        refused=float(np.mean([not recognition.verdict.says_label for recognition, _ in read])),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def untold(model: LineModel, lines: Lines) -> float:
    """The share of lines, each with something in it that is no digit, that are read as a number of digits alone."""
    recognizer = NumberRecognizer(model)
    told = [recognizer.read_line(line).text for line, _ in lines]
    return float(np.mean([bool(text) and OTHER not in text for text in told]))
