"""How well a model reads lines it was not trained on, and how well it knows when it does not."""

import numpy as np

from digitrec.prediction import NON_DIGIT, NumberVerdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.recognition.models.cards import LineEvaluation
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.training.data.line_sources import Lines
from digitrec.training.digits.evaluate import expected_calibration_error, reliability_bins


def evaluated_lines(model: LineModel, lines: Lines) -> LineEvaluation:
    """What a model's readings of lines are worth, by the threshold in its card."""
    recognizer = NumberRecognizer(model)
    read = [(recognizer.recognize_line(line), text) for line, text in lines]
    right = np.array([prediction.label == text for prediction, text in read])
    confidence = np.array([prediction.confidence for prediction, _ in read])
    confident = np.array([prediction.verdict is NumberVerdict.NUMBER for prediction, _ in read])
    reliability = reliability_bins(confidence, right)
    return LineEvaluation(
        lines=len(read),
        exact_match=float(right.mean()),
        character_error_rate=sum(edit_distance(prediction.label, text) for prediction, text in read)
        / max(sum(len(text) for _, text in read), 1),
        confident=float(confident.mean()),
        confident_exact_match=float(right[confident].mean()) if confident.any() else None,
        refused=float(np.mean([not prediction.verdict.has_label for prediction, _ in read])),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def false_accepts(model: LineModel, lines: Lines) -> float:
    """The share of lines, each with something in it that is no digit, that are read as a number of digits alone."""
    recognizer = NumberRecognizer(model)
    told = [recognizer.recognize_line(line).text for line, _ in lines]
    return float(np.mean([bool(text) and NON_DIGIT not in text for text in told]))
