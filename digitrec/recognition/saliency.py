"""Occlusion saliency: which parts of an image a prediction depends on."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.prediction import DIGITS, KINDS, Kind
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.digit_model import AnyClassifier

_OCCLUSION_SIDE, _ADDITION_SIDE = 4, 3
_STRIDE = 2
_MIN_INK = 0.3  # Pixels count as ink if they reach this share of the darkest one.
_MIN_PROBABILITY = 1e-6
_MIN_SALIENCY = 0.1  # Below this, no region stands out.
_REGIONS = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much each pixel supports the prediction, or counts against an alternative."""

    label: str  # A digit, or a Kind.
    probability: float
    saliency: NDArray[np.float32]  # (28, 28)
    """Change in log-odds if the pixel were inverted."""
    region: str  # The most salient region in words; empty if none stands out.
    is_ink: bool  # Whether the most salient pixel is ink rather than paper.


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence for a prediction and against its alternatives."""

    prediction: Evidence  # Which ink supports the prediction.
    alternatives: tuple[Evidence, ...]  # Which ink and gaps count against the alternatives, the most likely first.


def explain(classifier: AnyClassifier, image: NDArray[np.float32], *, refused: bool = False) -> Explanation:
    """Explain the prediction for a network input (28, 28) in [0, 1] that has ink.

    Occlusion (Zeiler and Fergus 2014): each 4×4 patch of ink is erased in turn and the image is classified again. Gaps
    distinguish digits too, such as a 3 from an 8, so each 3×3 patch of gaps is filled with ink as well. With
    ``refused``, explain why the ink is not a digit, for models that predict the kind of ink.
    """
    is_ink = image >= _MIN_INK * image.max()
    gaps = ~is_ink & np.outer(is_ink.any(1), is_ink.any(0))
    changed = np.array([*_patches(is_ink, _OCCLUSION_SIDE), *_patches(gaps, _ADDITION_SIDE)])  # (N, 28, 28)
    variants = np.where(changed, np.where(is_ink, np.float32(0), np.float32(1)), image)
    output = classifier.classify(np.concatenate([image[np.newaxis], variants]))
    labels, probabilities, best, alternatives = _select_labels(output, refused)
    logs = np.log(np.clip(probabilities.astype(np.float64), _MIN_PROBABILITY, 1 - _MIN_PROBABILITY))  # (1 + N, labels)
    change_counts = np.maximum(changed.sum(0), 1)

    def evidence(index: int, scores: NDArray[np.float64], mask: NDArray[np.bool_]) -> Evidence:
        saliency = mask * np.tensordot(scores[0] - scores[1:], changed, 1) / change_counts
        row, column = np.unravel_index(int(saliency.argmax()), saliency.shape)
        return Evidence(
            labels[index],
            float(probabilities[0, index]),
            saliency.astype(np.float32),
            _describe_region(int(row), int(column)) if saliency[row, column] > _MIN_SALIENCY else "",
            bool(is_ink[row, column]),
        )

    log_odds = logs[:, best] - np.log1p(-np.exp(logs[:, best]))
    return Explanation(
        evidence(best, log_odds, is_ink),
        tuple(evidence(other, logs[:, best] - logs[:, other], np.ones_like(is_ink)) for other in alternatives),
    )


def _select_labels(
    output: ClassifierOutput, refused: bool
) -> tuple[tuple[str, ...], NDArray[np.float32], int, list[int]]:
    """Return the labels to explain, their probabilities (N, labels), and the indices of the best and alternatives."""
    if refused and output.kinds is not None:
        return KINDS, output.kinds, 1 + int(output.kinds[0, 1:].argmax()), [KINDS.index(Kind.DIGIT)]
    best, *alternatives = np.argsort(-output.probabilities[0])[:3].tolist()
    return DIGITS, output.probabilities, best, alternatives


def _patches(mask: NDArray[np.bool_], side: int) -> Iterator[NDArray[np.bool_]]:
    """Yield the intersection of the mask with each position of a sliding square, if it isn't empty."""
    for row, column in product(range(0, INPUT_SIDE - side + 1, _STRIDE), repeat=2):
        patch = np.zeros_like(mask)
        patch[row : row + side, column : column + side] = mask[row : row + side, column : column + side]
        if patch.any():
            yield patch


def _describe_region(row: int, column: int) -> str:
    vertical, horizontal = (min(max(round((index - INPUT_SIDE / 2) / 6) + 1, 0), 2) for index in (row, column))
    return _REGIONS[vertical][horizontal]
