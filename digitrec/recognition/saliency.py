"""Why a network answers as it does: which parts of the picture speak for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitrec.prediction import DIGITS, KINDS, Kind
from digitrec.recognition.classifier import Classifier, ClassifierOutput

_SIDE = 28
_COVER, _BLOT = 4, 3
_STEP = 2
_INK = 0.3
_LEAST = 1e-6
_LITTLE = 0.1
_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "", "right")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the answer, or against another one, by its place in the picture."""

    label: str
    """A digit, or a Kind."""
    probability: float
    saliency: NDArray[np.float32]  # (28, 28)
    """What the log-odds of the answer lose, or those of the other against it gain, if the pixel were otherwise."""
    region: str
    """Where it counts most, in words; empty where no place counts more than a little."""
    is_ink: bool
    """Whether it is ink that counts most, and not a gap."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one picture was read so and not otherwise."""

    prediction: Evidence
    """Which ink speaks for the answer."""
    alternatives: tuple[Evidence, ...]
    """Which ink and which gaps speak against the nearest others, the likeliest first."""


def explain(classifier: Classifier, image: NDArray[np.float32], *, refused: bool = False) -> Explanation:
    """Why the network gives its answer to an input (28, 28) in [0, 1] that has ink.

    Occlusion (Zeiler and Fergus 2014): patches of 4x4 pixels are covered with paper in turn and the network is asked
    again. Against another answer gaps speak too, as between a 3 and an 8: blots of 3x3 are put there. ``refused`` asks
    why it is taken for no digit, of a network that tells kinds.
    """
    is_ink = image >= _INK * image.max()
    changed = np.array([*_patches(is_ink, _COVER), *_patches(_gaps(is_ink), _BLOT)])  # (N, 28, 28)
    variants = np.where(changed, np.where(is_ink, np.float32(0), np.float32(1)), image)
    answers = classifier.classify(np.concatenate([image[np.newaxis], variants]))
    labels, probabilities, best, others = _question(answers, refused)
    logs = np.log(np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST))  # (1 + N, labels)
    times_changed = np.maximum(changed.sum(0), 1)

    def evidence(index: int, scores: NDArray[np.float64], where: NDArray[np.bool_]) -> Evidence:
        saliency = where * np.tensordot(scores[0] - scores[1:], changed, 1) / times_changed
        row, column = np.unravel_index(int(saliency.argmax()), saliency.shape)
        return Evidence(
            labels[index],
            float(probabilities[0, index]),
            saliency.astype(np.float32),
            _place(int(row), int(column)) if saliency[row, column] > _LITTLE else "",
            bool(is_ink[row, column]),
        )

    odds = logs[:, best] - np.log1p(-np.exp(logs[:, best]))
    return Explanation(
        evidence(best, odds, is_ink),
        tuple(evidence(other, logs[:, best] - logs[:, other], np.ones_like(is_ink)) for other in others),
    )


def _question(answers: ClassifierOutput, refused: bool) -> tuple[tuple[str, ...], NDArray[np.float32], int, list[int]]:
    """What is asked about: the labels, their probabilities (N, labels), the answer's index and those of the others."""
    if refused and answers.kinds is not None:
        return KINDS, answers.kinds, 1 + int(answers.kinds[0, 1:].argmax()), [KINDS.index(Kind.DIGIT)]
    best, *others = np.argsort(-answers.probabilities[0])[:3].tolist()
    return DIGITS, answers.probabilities, best, others


def _patches(where: NDArray[np.bool_], side: int) -> Iterator[NDArray[np.bool_]]:
    """Squares that shift over the picture, each cut down to the pixels that it shares with ``where``, if there are."""
    for row, column in product(range(0, _SIDE - side + 1, _STEP), repeat=2):
        patch = np.zeros_like(where)
        patch[row : row + side, column : column + side] = where[row : row + side, column : column + side]
        if patch.any():
            yield patch


def _gaps(is_ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The paper within the bounding box of the ink."""
    return ~is_ink & np.outer(is_ink.any(1), is_ink.any(0))


def _place(row: int, column: int) -> str:
    vertical, horizontal = (min(max(round((at - _SIDE / 2) / 6) + 1, 0), 2) for at in (row, column))
    if vertical == horizontal == 1:
        return "in the middle"
    return f"at the {_ROWS[vertical]} {_COLUMNS[horizontal]}".rstrip()
