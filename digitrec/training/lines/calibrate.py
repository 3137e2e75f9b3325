"""Choose the weight, the temperature and the thresholds of the line model on validation lines."""

from collections.abc import Iterable
from dataclasses import dataclass

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
    Extents,
    PredictColumns,
    center_column,
    combine_scores,
    find_candidates,
)
from digitrec.training.augmentation.lines import LineGenerator, pen_strokes
from digitrec.training.data.line_sources import Lines, overlapping_tiles, pen_lines, photo_lines
from digitrec.training.data.training_data import TrainingData
from digitrec.training.digits.evaluate import threshold_for_accuracy

VALIDATION_LINES = 700
"""How many lines of each kind choose the temperature and the thresholds."""
_MIN_ACCURACY = 0.99
"""The accuracy that confident predictions of validation lines must have."""
_FALSE_REJECTS = 0.001
"""The share of correct predictions of validation lines that may be rejected."""
_MIN_LIKELIHOOD = 1e-4

CandidatesAndText = tuple[list[Candidate], str]
"""The candidates for a line and its true text."""


def validation_lines(data: TrainingData, seed: int) -> Iterable[Lines]:
    """Yield the validation lines of each kind: overlapping scans, pen digits, and simulated photos of pen digits."""
    random = np.random.default_rng(seed)
    yield overlapping_tiles(data.validation_scans, VALIDATION_LINES, random)
    yield pen_lines(data.validation_pens, VALIDATION_LINES, random)
    yield photo_lines(data.validation_pens, VALIDATION_LINES, random)


def measure_extents(data: TrainingData, predict_columns: PredictColumns, seed: int) -> dict[str, tuple[float, float]]:
    """Return where each character starts and ends, relative to the middle of the columns in which CTC outputs it.

    The median over validation lines that the network reads correctly, in columns of a strip.
    """
    random = np.random.default_rng(seed)
    generator = LineGenerator(data.validation_scans, pen_strokes(data.validation_pens))
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


def find_line_candidates(
    lines: Lines, predict_columns: PredictColumns, extents: Extents, digit_classifier: Classifier
) -> list[CandidatesAndText]:
    """Return the candidates for each line and its text; lines without ink are left out."""
    strips = [(line, straighten(line)[0], text) for line, text in lines]
    return [
        (find_candidates(line, strip, predict_columns, extents, digit_classifier), text)
        for line, strip, text in strips
        if strip
    ]


def fit_weight_and_temperature(validation: list[CandidatesAndText]) -> tuple[float, float]:
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

    best = minimize(
        negative_log_likelihood, np.log([0.5, 1.0]), method="Nelder-Mead", options={"xatol": 0.02, "fatol": 1e-5}
    )
    weight, temperature = np.exp(best.x)
    return float(weight), float(temperature)


@dataclass(frozen=True, slots=True)
class Scores:
    """The confidence of the best candidate for each validation line (N,), and whether it is correct."""

    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]
    digits_only: NDArray[np.bool_]

    @classmethod
    def of(cls, validation: list[CandidatesAndText], weight: float, temperature: float) -> "Scores":
        """Score the candidates of each line with this weight and temperature."""
        probabilities = [combine_scores(candidates, weight, temperature) for candidates, _ in validation]
        best = [candidates[int(p.argmax())].text for p, (candidates, _) in zip(probabilities, validation, strict=True)]
        return cls(
            np.array([p.max() for p in probabilities]),
            np.array([text == label for text, (_, label) in zip(best, validation, strict=True)]),
            np.array([NON_DIGIT not in text for text in best]),
        )

    def confidence_threshold(self) -> float:
        """Return the confidence at which predictions are accurate enough; those with non-digits are never confident."""
        return threshold_for_accuracy(_MIN_ACCURACY, np.where(self.digits_only, self.confidence, 0), self.correct)

    def number_threshold(self) -> float:
        """Return the confidence that nearly all correct predictions reach."""
        return float(np.quantile(self.confidence[self.correct], _FALSE_REJECTS)) if self.correct.any() else 0.0
