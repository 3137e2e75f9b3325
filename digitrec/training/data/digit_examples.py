"""Generate the training examples of the digit model, new ones in every epoch."""

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
from digitrec.training.augmentation.scans import augment_scan, degrade
from digitrec.training.augmentation.strokes import Ink, Points, Random, augment_strokes

PENS_SHARE = 0.9
"""Pen digits per scanned digit."""
NEGATIVES_SHARE = 0.45
"""Non-digits per scanned digit."""
UNCHANGED_SHARE = 0.15
"""The share of scanned digits that are not augmented."""

_PARTS = 16
_MAX_NEGATIVE_BRUSH = 0.1


@dataclass(frozen=True, slots=True)
class Examples:
    """Network inputs with their digits and kinds."""

    images: NDArray[np.uint8]  # (N, 28, 28)
    labels: NDArray[np.uint8]  # (N,), 0 unless the kind is a digit
    kinds: NDArray[np.uint8]  # (N,), positions in KINDS

    def __len__(self) -> int:
        return len(self.labels)


def make_examples(scans: Digits, pens: Sequence[tuple[int, list[Points]]], random: Random) -> Examples:
    """Return augmented scans (28, 28), augmented pen digits and negatives, shuffled.

    ``pens`` holds the label and the strokes of each pen digit.
    """
    negatives = Negatives([strokes for _, strokes in pens])
    generators = (
        (Kind.SEVERAL_DIGITS, negatives.several_digits),
        (Kind.LETTER, negatives.letter),
        (Kind.SCRIBBLE, negatives.scribble),
    )
    examples: list[tuple[NDArray[np.uint8], int, Kind]] = []
    for scan, label in zip(scans.images, scans.labels, strict=True):
        unchanged = random.random() < UNCHANGED_SHARE
        image = scan if unchanged else _network_input(augment_scan(scan, random), random)
        examples.append((image, label, Kind.DIGIT))
    for _ in range(round(PENS_SHARE * len(scans))):
        label, strokes = pens[int(random.integers(len(pens)))]
        examples.append((_network_input(augment_strokes(strokes, random), random), label, Kind.DIGIT))
    for number in range(round(NEGATIVES_SHARE * len(scans))):
        kind, generate = generators[number % len(generators)]
        ink = augment_strokes(generate(random), random, _MAX_NEGATIVE_BRUSH)
        examples.append((_network_input(ink, random), 0, kind))
    images, labels, kinds = zip(*(examples[index] for index in random.permutation(len(examples))), strict=True)
    return Examples(
        np.stack(images), np.array(labels, np.uint8), np.array([KINDS.index(kind) for kind in kinds], np.uint8)
    )


def make_epoch(scans: Digits, pens: Sequence[PenDigit], seed: int, epoch: int) -> Examples:
    """Return the examples of one epoch, generated on all processors and the same for the same seed and epoch."""
    strokes = [(pen.label, [np.array(stroke.points, np.float32) for stroke in pen.strokes]) for pen in pens]
    order = np.random.default_rng((seed, epoch)).permutation(len(scans))
    parts = [scans.take(part) for part in np.array_split(order, _PARTS)]
    generators = [np.random.default_rng((seed, epoch, part)) for part in range(_PARTS)]
    # A process forked while TensorFlow's threads run would hang.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), cv2.setNumThreads, (1,)) as workers:
        made = list(workers.map(make_examples, parts, [strokes] * _PARTS, generators))
    return Examples(
        np.concatenate([part.images for part in made]),
        np.concatenate([part.labels for part in made]),
        np.concatenate([part.kinds for part in made]),
    )


def _network_input(ink: Ink, random: Random) -> NDArray[np.uint8]:
    image = normalize(degrade(ink, random))[0]
    return np.round(image * 255).astype(np.uint8)
