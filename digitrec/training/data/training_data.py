"""Training and validation data of the everyhand and line models."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitrec.datasets.digits import Digits, load_mnist, split
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS, VALIDATION_WRITERS, PenDigit, load_pen_digits
from digitrec.datasets.sources import normalize_digits, render_pen_digits
from digitrec.training.augmentation.strokes import augment_strokes

_VARIATIONS = 3
"""Augmented copies of each pen digit for validation."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The digits a model is trained on, and those that choose its temperature and thresholds."""

    scans: Digits
    pens: list[PenDigit]
    validation_scans: Digits
    validation_pens: list[PenDigit]
    validation_sets: list[Digits]
    """Network inputs: the validation scans, the validation pen digits, and those pen digits augmented."""

    @property
    def writers(self) -> int:
        """The number of writers of the pen digits."""
        return len({pen.writer for pen in self.pens})


def load_training_data(data: Path, seed: int) -> TrainingData:
    """Load the data from a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, without the held-out writers.

    One twelfth of MNIST's training digits and the pen digits of three writers are set aside for validation.

    Raises:
        MissingDataError: the data cannot be read.
    """
    scans, validation_scans = split(load_mnist(data)[0], 1 / 12, seed)
    pens = [pen for pen in load_pen_digits(data) if pen.writer not in HELD_OUT_WRITERS]
    validation_pens = [pen for pen in pens if pen.writer in VALIDATION_WRITERS]
    return TrainingData(
        scans,
        [pen for pen in pens if pen.writer not in VALIDATION_WRITERS],
        validation_scans,
        validation_pens,
        [
            normalize_digits(zip(validation_scans.images, validation_scans.labels, strict=True)),
            render_pen_digits(validation_pens),
            _augmented(validation_pens, seed),
        ],
    )


def _augmented(pens: Sequence[PenDigit], seed: int) -> Digits:
    random = np.random.default_rng(seed)
    return normalize_digits(
        (augment_strokes([np.array(stroke.points) for stroke in pen.strokes], random), pen.label)
        for pen in pens
        for _ in range(_VARIATIONS)
    )
