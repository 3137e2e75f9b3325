"""What a line may say: the texts a network of lines tells, each judged by a network of single digits too.

The one reads without cutting and so is not misled by digits that touch; the other knows digits better where they can
be cut. The product of their probabilities reads better than either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.line.detection import HandwrittenLine
from digitrec.imaging.line.segmentation import Segment, Segmenter
from digitrec.imaging.line.straightening import Strip, augmented_views
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, Kind, Step
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import ALPHABET, align, average_hypotheses, beam_search, fits_in_columns

_MOST = 8
"""How many texts are judged."""
_FAINTEST = 1e-3
"""Texts that are so much less probable than the likeliest that says something are not."""
_LEAST = 1e-4
COLUMN_WIDTH = 2
"""How many columns of a strip the network tells as one."""
PredictColumns = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From a strip (32, width) to what its columns tell (columns, SYMBOLS)."""
Extents = Mapping[str, tuple[float, float]]
"""Where each character begins and ends, in columns of a strip from the middle of those that tell it."""
_IS_DIGIT = KINDS.index(Kind.DIGIT)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that a line may say."""

    text: str
    probability: float
    """As the network of lines tells it."""
    spans: tuple[tuple[int, int], ...]
    """The columns of what is told that tell each character."""
    cuts: tuple[Segment, ...]
    """What of the ink each character is."""
    line_probabilities: NDArray[np.float64]  # (characters, 11)
    """The probability of each character of ALPHABET in its place, as the network of lines tells it,"""
    digit_probabilities: NDArray[np.float64]  # (characters, 11)
    """and as the network of single digits does."""
    steps: tuple[tuple[Step, ...], ...]
    """How each character was preprocessed for that network."""

    def digit_scores(self) -> NDArray[np.float64]:
        """The probability of each character of the text, as the network of single digits judges it."""
        places = [ALPHABET.index(character) for character in self.text]
        return np.asarray(self.digit_probabilities[np.arange(len(places)), places])

    def digit_log_probability(self) -> float:
        """The logarithm of the probability of all of them."""
        return float(np.log(self.digit_scores()).sum())


def find_candidates(
    line: HandwrittenLine, strip: Strip, predict_columns: PredictColumns, extents: Extents, digits: Classifier
) -> list[Candidate]:
    """The likeliest texts of a line, told by a network whose characters extend so far."""
    columns, *others = (predict_columns(view) for view in augmented_views(strip))
    # What another view had room to tell may not fit into these columns.
    told = [
        [one for one in beam_search(view, _MOST) if fits_in_columns(one.text, len(columns))]
        for view in (columns, *others)
    ]
    likely = average_hypotheses(told, _MOST)
    # What is told stays beside nothing, however likely that is: there may be writing all the same.
    least = _FAINTEST * max((one.probability for one in likely if one.text), default=0.0)
    likely = [one for one in likely if one.probability >= least]
    texts = [text for text, _ in likely]
    told_at = align(columns, texts)
    cut = Segmenter(line, strip).segment([_borders(*of_text, extents) for of_text in zip(texts, told_at, strict=True)])
    found = [
        (*reading, tuple(places), cuts if places else ())
        for reading, places, cuts in zip(likely, told_at, cut, strict=True)
    ]
    # Most texts differ in one character, and the others are cut alike.
    unique = {id(one): one for *_, cuts in found for one in cuts}
    normalized = {key: normalize(one.ink) for key, one in unique.items()}
    judged = dict(zip(unique, _judged([image for image, _ in normalized.values()], digits), strict=True))
    return [
        Candidate(
            text,
            probability,
            places,
            cuts,
            _told(columns, places),
            np.array([judged[id(one)] for one in cuts]).reshape(-1, len(ALPHABET)),
            tuple(normalized[id(one)][1] for one in cuts),
        )
        for text, probability, places, cuts in found
    ]


def center_column(span: tuple[int, int]) -> float:
    """The column of a strip in the middle of the columns that tell something."""
    return COLUMN_WIDTH * (span[0] + span[1]) / 2


def combine_scores(found: list[Candidate], weight: float, temperature: float) -> NDArray[np.float64]:
    """The probability of each candidate, given what the judgement of single digits weighs, and a temperature."""
    told = np.array([candidate.probability for candidate in found])
    scores = np.log(np.maximum(told, 1e-30)) + weight * np.array(
        [candidate.digit_log_probability() for candidate in found]
    )
    shares = np.exp((scores - scores.max()) / temperature)
    return np.asarray(min(told.sum(), 1.0) * shares / shares.sum())


def _borders(text: str, places: Sequence[tuple[int, int]], extents: Extents) -> list[float]:
    """The columns of a strip midway between the end of each character and the beginning of the next."""
    ends = [
        [center_column(place) + beside for beside in extents[character]]
        for character, place in zip(text, places, strict=True)
    ]
    return [(before[1] + after[0]) / 2 for before, after in pairwise(ends)]


def _told(columns: NDArray[np.floating], places: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """The probability of each character of ALPHABET in each of these places (characters, 11)."""
    until = np.cumsum(np.pad(columns[:, : len(ALPHABET)], ((1, 0), (0, 0))), 0, np.float64)
    begins, ends = np.array(places, np.intp).reshape(-1, 2).T
    seen = until[ends] - until[begins] + 1e-12
    return np.asarray(seen / seen.sum(1, keepdims=True))


def _judged(images: Sequence[NDArray[np.float32]], digits: Classifier) -> NDArray[np.float64]:
    """The probability of each character of ALPHABET for images (28, 28); what seems to be no digit may be any."""
    if not images:
        return np.zeros((0, len(ALPHABET)))
    answers = digits.classify(np.stack(images))
    is_digit = np.ones((len(images), 1)) if answers.kinds is None else answers.kinds[:, [_IS_DIGIT]].astype(float)
    of_digits = is_digit * answers.probabilities + (1 - is_digit) / 10
    return np.asarray(np.maximum(np.concatenate([of_digits, 1 - is_digit], 1), _LEAST), np.float64)
