"""Pen strokes of 30 writers: UCI Pen-Based Recognition of Handwritten Digits, original trajectories."""

import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported
from digitrec.datasets.parts import Part
from digitrec.imaging.strokes import Stroke
from digitrec.samples import BRUSH_WIDTH, CANVAS_SIDE

PEN_DIGITS_FILE = "pendigits-orig.tra.gz"

HELD_OUT_WRITERS = frozenset((4, 9, 14, 19, 24, 29))
"""Every fifth writer, starting with the fourth. No model is trained on them.

The baseline is slightly less accurate on these writers than on all of them, so they don't flatter a model.
"""

VALIDATION_WRITERS = frozenset((2, 12, 22))
"""Writers used to choose thresholds and the temperature instead of for training."""

_MAX_BYTES = 100 * 2**20

FILL_RATIO = 0.75  # Longer side of a pen digit, as a share of the canvas.


@dataclass(frozen=True, slots=True)
class PenDigit:
    """A digit written with a pen: its label, writer and strokes on a canvas of 280×280 pixels."""

    label: int
    writer: int | str
    strokes: tuple[Stroke, ...]

    def points(self) -> list[NDArray[np.floating]]:
        """Return the points (N, 2) of each stroke."""
        return [np.array(stroke.points) for stroke in self.strokes]


def load_pen_digits(folder: Path, part: Part | None = None) -> list[PenDigit]:
    """Load the pen digits of a part, or all, from ``pendigits-orig.tra.gz``, which is in UNIPEN format.

    Raises MissingDataError.
    """
    path = folder / PEN_DIGITS_FILE
    with damage_reported(path), gzip.open(path) as file:
        content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError("it is too large when unpacked")
        pens = [_pen_digit(segment) for segment in content.decode("latin-1").split(".SEGMENT")[1:]]
    return [pen for pen in pens if part in (None, _part(pen))]


def _part(pen: PenDigit) -> Part:
    if pen.writer in HELD_OUT_WRITERS:
        return Part.HELD_OUT
    return Part.VALIDATION if pen.writer in VALIDATION_WRITERS else Part.TRAINING


def _pen_digit(segment: str) -> PenDigit:
    label = re.search(r'"(\d)"', segment)
    writer = re.search(r"\.COMMENT\s+\d+\s+(\d+)", segment)
    traces = [
        np.array(re.findall(r"(-?\d+)\s+(-?\d+)", trace.split(".PEN_UP")[0]), float)
        for trace in segment.split(".PEN_DOWN")[1:]
    ]
    if not label or not writer or not any(map(len, traces)):
        raise ValueError("a digit has no label, writer or points")
    # On the tablet, y points up.
    upright = [trace * (1, -1) for trace in traces if len(trace)]
    return PenDigit(int(label[1]), int(writer[1]), on_canvas(upright))


def group_by_writer(pens: Iterable[PenDigit]) -> list[list[PenDigit]]:
    """Return the pen digits of each writer, sorted by the writers' names."""
    groups: dict[int | str, list[PenDigit]] = {}
    for pen in sorted(pens, key=lambda pen: str(pen.writer)):
        groups.setdefault(pen.writer, []).append(pen)
    return list(groups.values())


def on_canvas(traces: Sequence[NDArray[np.floating]]) -> tuple[Stroke, ...]:
    """Return strokes with these points (N, 2), y pointing down, scaled and centered on the canvas."""
    points = np.concatenate(traces)
    low, high = points.min(0), points.max(0)
    scale = FILL_RATIO * CANVAS_SIDE / max(*(high - low), 1.0)
    placed = [(trace - (low + high) / 2) * scale + CANVAS_SIDE / 2 for trace in traces]
    return tuple(Stroke(tuple(map(tuple, points.tolist())), BRUSH_WIDTH) for points in placed)
