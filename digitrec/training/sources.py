"""Digits of people and sources that a model never saw, to measure it on.

Each goes through the very preprocessing the app uses. What is measured is whatever of these files lies in one folder:

- ``mnist.npz``: the test set of MNIST, as Keras publishes it
- ``pendigits-orig.tra.gz``: pen strokes of 30 writers (UCI, Pen-Based Recognition of Handwritten Digits, the original
  trajectories), of which the writers in ``HELD_OUT_WRITERS`` are measured and never trained on
- ``other-scans.npz``: scans of USPS, optdigits and Semeion, as ``usps_x``, ``usps_y`` and so on, ink bright
- ``photo-digits.zip``: photographs as ``LABEL/NNNN.png``; those whose number divides by 3 were looked at while the app
  was developed and are left out
"""

import gzip
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import DataMissing, ImageError
from digitrec.imaging.decode import decode_picture
from digitrec.imaging.ink import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import BRUSH, SIDE
from digitrec.training.data import MNIST_TEST, Digits, load_mnist

HELD_OUT_WRITERS = frozenset((4, 9, 14, 19, 24, 29))
"""Every fifth of the thirty writers of pen strokes; no model of digitrec, nor a teacher of one, is trained on theirs.

Beginning with the fourth, because the baseline reads a little less of theirs than of all writers', not more.
"""

FILL = 0.75
"""How much of the canvas the longer side of a pen digit takes."""


@dataclass(frozen=True, slots=True)
class PenDigit:
    """A digit written with a pen: what it is, who wrote it, and its strokes on a canvas of 280 x 280 pixels."""

    label: int
    writer: int
    strokes: tuple[Stroke, ...]


def load_pen_digits(folder: Path) -> list[PenDigit]:
    """The pen digits in ``pendigits-orig.tra.gz``, in UNIPEN format, as drawn on the canvas with its usual brush.

    Raises:
        OSError, EOFError, ValueError: the folder holds no such file, or it is damaged.
    """
    with gzip.open(folder / "pendigits-orig.tra.gz", "rt", encoding="latin-1") as file:
        text = file.read()
    return [_pen_digit(segment) for segment in text.split(".SEGMENT")[1:]]


def measured_sources(folder: Path) -> Iterator[tuple[str, Digits]]:
    """The name and the digits of every source whose file lies in the folder.

    Raises:
        DataMissing: the folder holds none of them, or one of them is damaged.
    """
    found = False
    for name, read in (
        ("mnist.npz", _mnist_test),
        ("pendigits-orig.tra.gz", _held_out_pens),
        ("other-scans.npz", _scans),
        ("photo-digits.zip", _photos),
    ):
        if (folder / name).is_file():
            found = True
            try:
                yield from read(folder)
            except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, ImageError) as error:
                raise DataMissing(f"{folder / name} is damaged or in another form: {error}") from error
    if not found:
        raise DataMissing(f"{folder} holds none of the files that a model is measured on, such as mnist.npz.")


def _mnist_test(folder: Path) -> Iterator[tuple[str, Digits]]:
    yield MNIST_TEST, load_mnist(folder)[1]


def _held_out_pens(folder: Path) -> Iterator[tuple[str, Digits]]:
    pens = [pen for pen in load_pen_digits(folder) if pen.writer in HELD_OUT_WRITERS]
    yield "Pen strokes, writers held out", _digits((render(pen.strokes, SIDE), pen.label) for pen in pens)


def _scans(folder: Path) -> Iterator[tuple[str, Digits]]:
    with np.load(folder / "other-scans.npz") as arrays:
        for name in ("USPS", "optdigits", "Semeion"):
            images, labels = arrays[f"{name.lower()}_x"], arrays[f"{name.lower()}_y"]
            yield name, _digits(zip(images, labels, strict=True))


def _photos(folder: Path) -> Iterator[tuple[str, Digits]]:
    with zipfile.ZipFile(folder / "photo-digits.zip") as photos:
        names = [PurePosixPath(name) for name in sorted(photos.namelist()) if name.endswith(".png")]
        measured = [name for name in names if int(name.stem) % 3]
        yield (
            "Photographs",
            _digits(
                (find_ink(decode_picture(photos.read(str(name)))[0])[0], int(name.parent.name)) for name in measured
            ),
        )


def _digits(inks: Iterator[tuple[NDArray[np.uint8], int]]) -> Digits:
    pairs = [(normalize(ink)[0] * 255, label) for ink, label in inks]
    if not pairs:
        raise ValueError("there are no digits")
    images, labels = zip(*pairs, strict=True)
    return Digits(np.round(images).astype(np.uint8), np.array(labels, np.uint8))


def _pen_digit(segment: str) -> PenDigit:
    label = re.search(r'"(\d)"', segment)
    writer = re.search(r"\.COMMENT\s+\d+\s+(\d+)", segment)
    traces = [
        np.array(re.findall(r"(-?\d+)\s+(-?\d+)", trace.split(".PEN_UP")[0]), float)
        for trace in segment.split(".PEN_DOWN")[1:]
    ]
    if not label or not writer or not any(map(len, traces)):
        raise ValueError("there is a digit without label, writer or points")
    points = np.concatenate([trace for trace in traces if len(trace)])
    low, high = points.min(0), points.max(0)
    scale = FILL * SIDE / max(*(high - low), 1.0)

    def on_canvas(trace: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
        # The tablet's y points up.
        placed = (trace - (low + high) / 2) * (scale, -scale) + SIDE / 2
        return tuple((float(x), float(y)) for x, y in placed)

    return PenDigit(
        int(label[1]), int(writer[1]), tuple(Stroke(on_canvas(trace), BRUSH) for trace in traces if len(trace))
    )
