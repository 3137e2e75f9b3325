"""Choose the weight, the temperature and the thresholds of the line model on validation lines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.straightening import straighten
from digitrec.prediction import NON_DIGIT
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import ALPHABET, align, beam_search
from digitrec.recognition.number_candidates import (
    Candidate,
    PredictColumns,
    center_column,
    combine_scores,
    find_candidates,
)
from digitrec.training.augmentation.lines import LineGenerator
from digitrec.training.data.line_sources import pen_lines, photo_lines, scan_lines, written_numbers
from digitrec.training.data.training_data import TrainingData
from digitrec.training.evaluate import threshold_for_accuracy

VALIDATION_LINES = 1500  # How many lines of each kind choose the temperature and the thresholds.
_MIN_ACCURACY = 0.99  # The accuracy that confident predictions of validation lines must have.
_FALSE_REJECTS = 0.001  # The share of correct predictions of validation lines that may be rejected.
_MIN_LIKELIHOOD = 1e-4

_CandidatesAndText = tuple[list[Candidate], str]  # The candidates for a line and its true text.


def calibrate_lines(
    data: TrainingData, predict_columns: PredictColumns, digit_classifier: Classifier, seed: int
) -> tuple[dict[str, Any], int]:
    """Return the calibrated fields of a line model's card, and how many validation lines they were chosen on.

    These lines are overlapping scans, pen digits, simulated photos of pen digits, and numbers written as a whole, if
    there are any. Each threshold is the strictest of all kinds.
    """
    extents = _measure_extents(data, predict_columns, seed)
    random = np.random.default_rng(seed)
    validation: list[list[_CandidatesAndText]] = []
    for lines in (
        scan_lines(LineGenerator(data.validation_scans, ()).tiles, VALIDATION_LINES, random),
        pen_lines(data.validation_pens, VALIDATION_LINES, random),
        photo_lines(data.validation_pens, VALIDATION_LINES, random),
        written_numbers(data.validation_numbers),
    ):
        validation.append([])
        for line, text in lines:
            if strip := straighten(line)[0]:
                candidates = find_candidates(line, strip, predict_columns, extents, digit_classifier)
                validation[-1].append((candidates, text))
    weight, temperature = fit_weight_and_temperature([pair for pairs in validation for pair in pairs])
    thresholds = [_thresholds(pairs, weight, temperature) for pairs in validation if pairs]
    fields = {
        "extents": extents,
        "digit_weight": weight,
        "temperature": temperature,
        "confidence_threshold": max(confident for confident, _ in thresholds),
        "number_threshold": min(number for _, number in thresholds),
    }
    return fields, sum(map(len, validation))


def _measure_extents(data: TrainingData, predict_columns: PredictColumns, seed: int) -> dict[str, tuple[float, float]]:
    """Return where each character starts and ends, relative to the center of the columns in which CTC outputs it.

    The median over validation lines that the network reads correctly, in columns of a strip.
    """
    random = np.random.default_rng(seed)
    generator = LineGenerator(data.validation_scans, data.validation_pens)
    extents = {character: [(0.0, 0.0)] for character in ALPHABET}
    for _ in range(VALIDATION_LINES):
        line = generator.number(random)
        strip = straighten(line_from_drawing(line.ink))[0]
        if not strip:
            continue
        probabilities = predict_columns(strip.image)
        if beam_search(probabilities, 1)[0].text != line.text:
            continue
        columns = align(probabilities, [line.text])[0]
        for character, span, (left, _, right, _) in zip(line.text, columns, line.boxes, strict=True):
            start, end = ((edge - strip.left) * strip.scale - center_column(span) for edge in (left, right))
            extents[character].append((start, end))
    medians = {character: np.median(measured, 0) for character, measured in extents.items()}
    return {character: (float(start), float(end)) for character, (start, end) in medians.items()}


def fit_weight_and_temperature(validation: list[_CandidatesAndText]) -> tuple[float, float]:
    """Return the weight of the digit model's scores and the temperature that maximize the likelihood of the texts.

    For a line whose text is not among its candidates, the likelihood is that of the best candidate being wrong.
    """

    def negative_log_likelihood(parameters: NDArray[np.float64]) -> float:
        weight, temperature = np.exp(parameters)
        total = 0.0
        for candidates, text in validation:
            probabilities = combine_scores(candidates, weight, temperature)
            matches = [p for p, candidate in zip(probabilities, candidates, strict=True) if candidate.text == text]
            total -= np.log(max(matches[0] if matches else 1 - probabilities.max(), _MIN_LIKELIHOOD))
        return total / len(validation)

    # SciPy's own simplex is tiny where the logarithm is zero, so the search would end where it starts.
    simplex = np.log([[0.5, 1.0], [1.0, 1.0], [0.5, 2.0]])
    options = {"xatol": 0.02, "fatol": 1e-5, "initial_simplex": simplex}
    best = minimize(negative_log_likelihood, simplex[0], method="Nelder-Mead", options=options)
    weight, temperature = np.exp(best.x)
    return float(weight), float(temperature)


def _thresholds(validation: list[_CandidatesAndText], weight: float, temperature: float) -> tuple[float, float]:
    """Return the lowest confidence of accurate enough predictions, and the one that nearly all correct ones reach."""
    confidence, correct, digits_only = [], [], []
    for candidates, text in validation:
        probabilities = combine_scores(candidates, weight, temperature)
        best = candidates[int(probabilities.argmax())].text
        confidence.append(probabilities.max())
        correct.append(best == text)
        digits_only.append(NON_DIGIT not in best)
    scores, is_correct = np.array(confidence), np.array(correct)
    # Predictions with non-digits are never confident.
    confident = threshold_for_accuracy(_MIN_ACCURACY, np.where(digits_only, scores, 0), is_correct)
    return confident, float(np.quantile(scores[is_correct], _FALSE_REJECTS)) if is_correct.any() else 0.0
