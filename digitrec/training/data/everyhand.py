"""What everyhand learns from, and what chooses its temperature and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitrec.datasets.digits import Digits, load_mnist, split
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS, VALIDATION_WRITERS, PenDigit, load_pen_digits
from digitrec.datasets.sources import normalize_digits, render_pen_digits
from digitrec.training.augmentation.strokes import augment_strokes

_HANDS_A_PEN_DIGIT = 3


@dataclass(frozen=True, slots=True)
class Material:
    """What networks are trained on, and the digits that choose their temperature and thresholds."""

    scanned: Digits
    pens: list[PenDigit]
    validation_scans: Digits
    validation_pens: list[PenDigit]
    validation: list[Digits]
    """Those as everyhand sees them, and the pen digits in other hands too."""
    described_validation: str


def material(data: Path, seed: int) -> Material:
    """The material in a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, without the writers held out.

    A twelfth of MNIST's training digits and the pen digits of three writers are set apart for validation.

    Raises:
        DataMissing: the data cannot be read.
    """
    scanned, validation = split(load_mnist(data)[0], 1 / 12, seed)
    pens = [pen for pen in load_pen_digits(data) if pen.writer not in HELD_OUT_WRITERS]
    validation_pens = [pen for pen in pens if pen.writer in VALIDATION_WRITERS]
    scans = normalize_digits(zip(validation.images, validation.labels, strict=True))
    return Material(
        scanned,
        [pen for pen in pens if pen.writer not in VALIDATION_WRITERS],
        validation,
        validation_pens,
        [scans, render_pen_digits(validation_pens), _in_other_hands(validation_pens, seed)],
        f"{len(validation)} others of MNIST and {len(validation_pens)} pen digits of {len(VALIDATION_WRITERS)} other "
        "writers",
    )


def _in_other_hands(pens: Sequence[PenDigit], seed: int) -> Digits:
    random = np.random.default_rng(seed)
    return normalize_digits(
        (augment_strokes([np.array(stroke.points) for stroke in pen.strokes], random), pen.label)
        for pen in pens
        for _ in range(_HANDS_A_PEN_DIGIT)
    )
