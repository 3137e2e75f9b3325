"""Pen digits drawn larger, smaller, aside, with other brushes and slants; and what is no digit."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.ink import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.kinds import Kind
from digitrec.samples import BRUSH, SIDE
from digitrec.training.hands import written
from digitrec.training.negatives import Negatives, empty_sheet
from digitrec.training.pens import FILL, PenDigit

SIZES = (0.25, 0.4, 0.55, 0.75, 0.95)
"""The longer side of a digit as a share of the canvas, its brush included."""
BRUSHES = (6, 12, 20, 30, 40)
SLANTS = (-20, -10, 0, 10, 20)
PLACES = {"centre": (0.0, 0.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}

_NEGATIVES = 500
_THICKEST = 0.1


def drawn_otherwise(pens: Sequence[PenDigit]) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    """What was changed, to what, and the network inputs (N, 28, 28) of all pen digits drawn so."""
    for size in SIZES:
        yield "size", f"{size:.0%}", _inputs(pens, size=size)
    for brush in BRUSHES:
        yield "brush", f"{brush} px", _inputs(pens, brush=brush)
    for slant in SLANTS:
        yield "slant", f"{slant}°", _inputs(pens, slant=slant)
    for name, place in PLACES.items():
        yield "place", name, _inputs(pens, size=0.5, place=place)


def no_digits(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Kinds of things that no network was trained to refuse, and network inputs (N, 28, 28) that show them."""
    random = np.random.default_rng(seed)
    negatives = Negatives([[np.array(stroke.points) for stroke in pen.strokes] for pen in pens], held_out=True)
    for kind, draw in (
        (Kind.LETTER, negatives.letter),
        (Kind.SCRIBBLE, negatives.scribble),
        (Kind.SEVERAL_DIGITS, negatives.several_digits),
    ):
        inks = (written(draw(random), random, _THICKEST) for _ in range(_NEGATIVES))
        yield str(kind), np.stack([normalize(ink)[0] for ink in inks])
    sheets = (find_ink(empty_sheet(random))[0] for _ in range(_NEGATIVES))
    yield "empty paper", np.stack([normalize(ink)[0] for ink in sheets])


def _inputs(
    pens: Sequence[PenDigit],
    *,
    size: float = FILL,
    brush: float = BRUSH,
    slant: float = 0.0,
    place: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.float32]:
    return np.stack([normalize(render(_drawn(pen, size, brush, slant, place), SIDE))[0] for pen in pens])


def _drawn(pen: PenDigit, size: float, brush: float, slant: float, place: tuple[float, float]) -> tuple[Stroke, ...]:
    lines = [np.array(stroke.points) @ [[1, 0], [-np.tan(np.radians(slant)), 1]] for stroke in pen.strokes]
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    scale = max(size * SIDE - brush, 1.0) / max(*(high - low), 1.0)
    # As far to that side as the ink goes without leaving the canvas.
    room = np.maximum(SIDE / 2 - (high - low) / 2 * scale - brush / 2, 0)
    middle = SIDE / 2 + np.array(place) * room
    return tuple(
        Stroke(tuple((float(x), float(y)) for x, y in (line - (low + high) / 2) * scale + middle), brush)
        for line in lines
    )
