"""Candidate texts of a line, scored by the line model and the digit model.

The line model recognizes without segmentation, so touching digits don't mislead it. The digit model is more accurate on
digits that can be segmented. The product of their probabilities is more accurate than either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.line.detection import HandwrittenLine
from digitrec.imaging.line.marks import is_comma
from digitrec.imaging.line.segmentation import Segment, Segmenter
from digitrec.imaging.line.straightening import Strip, augmented_views
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, NON_DIGIT, Kind, Step
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import ALPHABET, align, average_hypotheses, beam_search, fits_in_columns

COLUMN_WIDTH = 2  # Columns of the strip per column of the line network's output.
PredictColumns = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Maps a strip (32, width) to symbol probabilities (columns, SYMBOL_COUNT)."""
Extents = Mapping[str, tuple[float, float]]
"""Left and right end of each character, in columns of the strip relative to the center of its span."""

_MAX_CANDIDATES = 8
_MIN_RATIO = 1e-3  # Texts less probable than this, relative to the most probable non-empty one, are not considered.
_MIN_PROBABILITY = 1e-4  # Lower bound for the digit model's probabilities, so that one character can't rule out a text.
_NON_DIGIT_AS_DIGIT = 0.01
"""The digit model's probability of each digit for a segment that it rejects, which may only be badly segmented."""
_NON_DIGIT_PRIOR = 0.45
"""How common non-digits are in numbers, relative to the lines that the line model was trained on.

There, one character in ten is a non-digit. Chosen on validation lines.
"""
_IS_DIGIT = KINDS.index(Kind.DIGIT)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible text of a line and the scores of its characters."""

    text: str
    probability: float  # Probability of the text according to the line model.
    spans: tuple[tuple[int, int], ...]  # Columns of the network's output in which each character was found.
    segments: tuple[Segment, ...]  # The ink of each character.
    line_probabilities: NDArray[np.float64]  # (characters, 11)
    """Probability of each character of ALPHABET per position, according to the line model."""
    digit_probabilities: NDArray[np.float64]  # (characters, 11)
    """The same according to the digit model."""
    steps: tuple[tuple[Step, ...], ...]  # How each character was preprocessed for the digit model.

    def digit_scores(self) -> NDArray[np.float64]:
        """Return the probability of each character of the text according to the digit model."""
        indices = [ALPHABET.index(character) for character in self.text]
        return np.asarray(self.digit_probabilities[np.arange(len(indices)), indices])


def find_candidates(
    line: HandwrittenLine, strip: Strip, predict_columns: PredictColumns, extents: Extents, digits: Classifier
) -> list[Candidate]:
    """Return the most likely texts of a line, each segmented and scored by both models."""
    columns, *other_views = (predict_columns(view) for view in augmented_views(strip))
    # A text found in a wider view may not fit in the columns of the original.
    hypotheses = [
        [found for found in beam_search(view, _MAX_CANDIDATES) if fits_in_columns(found.text, len(columns))]
        for view in (columns, *other_views)
    ]
    likely = average_hypotheses(hypotheses, _MAX_CANDIDATES)
    # Compare with non-empty texts only: faint ink may be writing even if the empty text is far more probable.
    least = _MIN_RATIO * max((hypothesis.probability for hypothesis in likely if hypothesis.text), default=0.0)
    likely = [hypothesis for hypothesis in likely if hypothesis.probability >= least]
    texts = [text for text, _ in likely]
    spans = align(columns, texts)
    borders = [_borders(text, text_spans, extents) for text, text_spans in zip(texts, spans, strict=True)]
    segmented = zip(texts, Segmenter(line, strip).segment(borders), strict=True)
    segmentations = [segments if text else () for text, segments in segmented]
    # Most texts differ in one character, so they share most of their segments.
    unique = {id(segment): segment for segments in segmentations for segment in segments}
    normalized = {key: normalize(segment.ink) for key, segment in unique.items()}
    scores = dict(zip(unique, _classify([image for image, _ in normalized.values()], digits), strict=True))
    cumulative = np.zeros((len(columns) + 1, len(ALPHABET)))
    columns[:, : len(ALPHABET)].cumsum(0, out=cumulative[1:])
    return [
        Candidate(
            text,
            probability,
            tuple(text_spans),
            segments,
            _line_probabilities(cumulative, text_spans),
            _digit_probabilities(segments, scores, strip.slope),
            tuple(normalized[id(segment)][1] for segment in segments),
        )
        for (text, probability), text_spans, segments in zip(likely, spans, segmentations, strict=True)
    ]


def center_column(span: tuple[int, int]) -> float:
    """Return the column of the strip at the center of a span of output columns."""
    return COLUMN_WIDTH * (span[0] + span[1]) / 2


def combine_scores(candidates: Sequence[Candidate], weight: float, temperature: float) -> NDArray[np.float64]:
    """Return the calibrated probability of each candidate, given the digit model's weight and a temperature.

    The line model's prior for non-digits is corrected first (Saerens, Latinne and Decaestecker 2002).
    """
    prior = np.array([candidate.probability for candidate in candidates])
    non_digits = np.array([candidate.text.count(NON_DIGIT) for candidate in candidates])
    agreement = np.array([np.log(candidate.digit_scores()).sum() for candidate in candidates])
    scores = np.log(np.maximum(prior, 1e-30)) + non_digits * np.log(_NON_DIGIT_PRIOR) + weight * agreement
    shares = np.exp((scores - scores.max()) / temperature)
    # The network makes other texts too likely: with the square root, confidence matches accuracy better.
    return np.asarray(min(prior.sum(), 1.0) ** 0.5 * shares / shares.sum())


def _borders(text: str, spans: Sequence[tuple[int, int]], extents: Extents) -> list[float]:
    """Return the columns of the strip midway between the end of each character and the start of the next."""
    characters = zip(text, spans, strict=True)
    ends = [[center_column(span) + offset for offset in extents[character]] for character, span in characters]
    return [(left[1] + right[0]) / 2 for left, right in pairwise(ends)]


def _line_probabilities(cumulative: NDArray[np.float64], spans: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the probability of each character of ALPHABET within each span (characters, 11).

    ``cumulative`` (columns + 1, 11) holds the sums of the probabilities of all columns before each.
    """
    starts, stops = np.array(spans, np.intp).reshape(-1, 2).T
    totals = cumulative[stops] - cumulative[starts] + 1e-12
    return np.asarray(totals / totals.sum(1, keepdims=True))


def _digit_probabilities(
    segments: Sequence[Segment], scores: Mapping[int, NDArray[np.float64]], slope: float
) -> NDArray[np.float64]:
    """Return the digit model's scores of the segments of a line (characters, 11), with commas ruled out as digits.

    ``scores`` are by the ``id`` of a segment. The digit model sees neither the size of a character nor its position.
    """
    probabilities = np.array([scores[id(segment)] for segment in segments]).reshape(-1, len(ALPHABET))
    are_commas = [is_comma(index, segments, slope) for index in range(len(segments))]
    probabilities[np.array(are_commas, np.bool_), : ALPHABET.index(NON_DIGIT)] = _MIN_PROBABILITY
    return probabilities


def _classify(images: Sequence[NDArray[np.float32]], digits: Classifier) -> NDArray[np.float64]:
    """Return how probable each character of ALPHABET is for images (28, 28) according to the digit model."""
    if not images:
        return np.zeros((0, len(ALPHABET)))
    output = digits.classify(np.stack(images))
    is_digit = np.ones((len(images), 1)) if output.kinds is None else output.kinds[:, [_IS_DIGIT]].astype(float)
    probabilities = is_digit * output.probabilities + (1 - is_digit) * _NON_DIGIT_AS_DIGIT
    probabilities = np.concatenate([probabilities, 1 - is_digit], 1)
    return np.asarray(np.maximum(probabilities, _MIN_PROBABILITY), np.float64)
