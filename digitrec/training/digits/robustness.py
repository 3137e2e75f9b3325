"""Pen digits drawn larger, smaller, aside, with other brushes and slants; and what is no digit."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import FILL_RATIO, PenDigit
from digitrec.datasets.sources import normalize_digits
from digitrec.imaging.binarize import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import BRUSH_WIDTH, CANVAS_SIDE
from digitrec.training.augmentation.negatives import Negatives, empty_sheet
from digitrec.training.augmentation.photos import Paper, photographed
from digitrec.training.augmentation.strokes import augment_strokes

SIZES = (0.25, 0.4, 0.55, 0.75, 0.95)
"""The longer side of a digit as a share of the canvas, its brush included."""
BRUSHES = (6, 12, 20, 30, 40)
SLANTS = (-20, -10, 0, 10, 20)
PLACES = {"centre": (0.0, 0.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}

SIDE_BY_SIDE = "digits side by side"
_NEGATIVES = 500
_PHOTOGRAPHS = 300
_THICKEST = 0.1


def drawn_otherwise(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, str, Digits]]:
    """What was changed, to what, and the pen digits drawn or photographed so."""
    for size in SIZES:
        yield "size", f"{size:.0%}", _drawings(pens, size=size)
    for brush in BRUSHES:
        yield "brush", f"{brush} px", _drawings(pens, brush=brush)
    for slant in SLANTS:
        yield "slant", f"{slant}°", _drawings(pens, slant=slant)
    for name, place in PLACES.items():
        yield "place", name, _drawings(pens, size=0.5, place=place)
    random = np.random.default_rng(seed)
    some = [pens[place] for place in random.permutation(len(pens))[:_PHOTOGRAPHS]]
    for paper in Paper:
        photographs = (
            (photographed([np.array(stroke.points) for stroke in pen.strokes], paper, random), pen.label)
            for pen in some
        )
        yield "paper", str(paper), normalize_digits((find_ink(gray)[0], label) for gray, label in photographs)
    for name, ground in (("28x28, light on dark", 0), ("28x28, dark on light", 255)):
        files = ((np.abs(ground - _tiny(pen, random).astype(int)).astype(np.uint8), pen.label) for pen in some)
        yield "file", name, normalize_digits((find_ink(gray)[0], label) for gray, label in files)


def no_digits(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """What is no digit, and network inputs (N, 28, 28) that show it: kinds that no network was trained to refuse.

    But for digits side by side, which it was trained to refuse, by other writers.
    """
    random = np.random.default_rng(seed)
    lines = [[np.array(stroke.points) for stroke in pen.strokes] for pen in pens]
    negatives, beside = Negatives(lines, held_out=True), Negatives(lines)
    for name, draw in (
        ("blackletter", negatives.letter),
        ("stars, hearts and spirals", negatives.scribble),
        ("digits in two rows", negatives.several_digits),
        (SIDE_BY_SIDE, beside.several_digits),
    ):
        inks = (augment_strokes(draw(random), random, _THICKEST) for _ in range(_NEGATIVES))
        yield name, np.stack([normalize(ink)[0] for ink in inks])
    sheets = (find_ink(empty_sheet(random))[0] for _ in range(_NEGATIVES))
    yield "empty paper", np.stack([normalize(ink)[0] for ink in sheets])


def _drawings(
    pens: Sequence[PenDigit],
    *,
    size: float = FILL_RATIO,
    brush: float = BRUSH_WIDTH,
    slant: float = 0.0,
    place: tuple[float, float] = (0.0, 0.0),
) -> Digits:
    return normalize_digits((render(_drawn(pen, size, brush, slant, place), CANVAS_SIDE), pen.label) for pen in pens)


def _tiny(pen: PenDigit, random: np.random.Generator) -> NDArray[np.uint8]:
    """A digit of a paint program saved as 28x28."""
    strokes = _drawn(pen, random.uniform(0.55, 0.95), random.uniform(10, 40), 0.0, (0.0, 0.0))
    return np.asarray(cv2.resize(render(strokes, CANVAS_SIDE), (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


def _drawn(pen: PenDigit, size: float, brush: float, slant: float, place: tuple[float, float]) -> tuple[Stroke, ...]:
    lines = [np.array(stroke.points) @ [[1, 0], [-np.tan(np.radians(slant)), 1]] for stroke in pen.strokes]
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    scale = max(size * CANVAS_SIDE - brush, 1.0) / max(*(high - low), 1.0)
    # As far to that side as the ink goes without leaving the canvas.
    room = np.maximum(CANVAS_SIDE / 2 - (high - low) / 2 * scale - brush / 2, 0)
    middle = CANVAS_SIDE / 2 + np.array(place) * room
    return tuple(
        Stroke(tuple((float(x), float(y)) for x, y in (line - (low + high) / 2) * scale + middle), brush)
        for line in lines
    )
