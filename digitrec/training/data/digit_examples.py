"""The pictures a network that is to read everybody's digits learns from: new ones in every epoch."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, Kind
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.strokes import Ink, Line, Random, augment_strokes, captured, rewritten

PENS_SHARE = 0.9
"""Pen digits for each scanned one."""
NEGATIVES_SHARE = 0.45
"""Things that are no digit for each scanned digit."""
UNTOUCHED_SHARE = 0.15
"""Of the scanned digits, those that stay as they are."""

_PARTS = 16
_THICKEST_NEGATIVE = 0.1


@dataclass(frozen=True, slots=True)
class Examples:
    """Network inputs and what they show."""

    images: NDArray[np.uint8]  # (N, 28, 28)
    labels: NDArray[np.uint8]  # (N,), 0 where there is no single digit
    kinds: NDArray[np.uint8]  # (N,), positions in KINDS

    def __len__(self) -> int:
        return len(self.labels)


def examples(scanned: Digits, pens: Sequence[tuple[int, list[Line]]], random: Random) -> Examples:
    """Scanned digits (28, 28) rewritten, pen digits in other hands, and what is no digit, shuffled."""
    negatives = Negatives([lines for _, lines in pens])
    drawers = (
        (Kind.SEVERAL_DIGITS, negatives.several_digits),
        (Kind.LETTER, negatives.letter),
        (Kind.SCRIBBLE, negatives.scribble),
    )
    made: list[tuple[NDArray[np.uint8], int, Kind]] = []
    for image, label in zip(scanned.images, scanned.labels, strict=True):
        untouched = random.random() < UNTOUCHED_SHARE
        made.append((image if untouched else _input(rewritten(image, random), random), label, Kind.DIGIT))
    for _ in range(round(PENS_SHARE * len(scanned))):
        label, lines = pens[int(random.integers(len(pens)))]
        made.append((_input(augment_strokes(lines, random), random), label, Kind.DIGIT))
    for number in range(round(NEGATIVES_SHARE * len(scanned))):
        kind, draw = drawers[number % len(drawers)]
        made.append((_input(augment_strokes(draw(random), random, _THICKEST_NEGATIVE), random), 0, kind))
    images, labels, kinds = zip(*(made[place] for place in random.permutation(len(made))), strict=True)
    return Examples(
        np.stack(images), np.array(labels, np.uint8), np.array([KINDS.index(kind) for kind in kinds], np.uint8)
    )


def epoch_of_examples(scanned: Digits, pens: Sequence[PenDigit], seed: int, epoch: int) -> Examples:
    """The examples of one epoch, made on all processors; the same ones whenever they are asked for."""
    lines = [(pen.label, [np.array(stroke.points, np.float32) for stroke in pen.strokes]) for pen in pens]
    order = np.random.default_rng((seed, epoch)).permutation(len(scanned))
    parts = [scanned.take(part) for part in np.array_split(order, _PARTS)]
    randoms = [np.random.default_rng((seed, epoch, part)) for part in range(_PARTS)]
    # Processes forked from one with TensorFlow's threads in it would hang.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), cv2.setNumThreads, (1,)) as workers:
        made = list(workers.map(examples, parts, [lines] * _PARTS, randoms))
    return Examples(
        np.concatenate([part.images for part in made]),
        np.concatenate([part.labels for part in made]),
        np.concatenate([part.kinds for part in made]),
    )


def _input(ink: Ink, random: Random) -> NDArray[np.uint8]:
    image = normalize(captured(ink, random))[0]
    return np.round(image * 255).astype(np.uint8)
