"""Measure accuracy on pen digits in other sizes, positions, brushes, slants and photos, and rejection of non-digits."""

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
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.samples import BRUSH_WIDTH, CANVAS_SIDE
from digitrec.training.augmentation.negatives import Negatives, blank_paper
from digitrec.training.augmentation.photos import Paper, simulate_photo
from digitrec.training.augmentation.strokes import augment_strokes
from digitrec.training.digits.evaluate import evaluate_model, is_rejected

SIZES = (0.25, 0.4, 0.55, 0.75, 0.95)
"""The longer side of a digit as a share of the canvas, brush included."""
BRUSHES = (6, 12, 20, 30, 40)
SLANTS = (-20, -10, 0, 10, 20)
PLACES = {"center": (0.0, 0.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}

_NEGATIVES = 500
_PHOTOS = 300
_MAX_NEGATIVE_BRUSH = 0.1


def accuracy_by_variation(model: DigitModel, pens: Sequence[PenDigit]) -> dict[str, dict[str, float]]:
    """Return the accuracy of a model on pen digits for each variation and each of its values."""
    accuracies: dict[str, dict[str, float]] = {}
    for variation, value, digits in drawing_variations(pens):
        accuracies.setdefault(variation, {})[value] = evaluate_model(model, digits).accuracy
    return accuracies


def rejects_by_kind(model: DigitModel, pens: Sequence[PenDigit]) -> dict[str, float]:
    """Return the share of each kind of non-digits that a model rejects."""
    rejects = {}
    for kind, images in non_digits(pens):
        rejected = is_rejected(model.classifier.classify(images), model.card.digit_threshold)
        rejects[kind] = float((rejected | ~images.any((1, 2))).mean())
    return rejects


def drawing_variations(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, str, Digits]]:
    """Yield what was varied, its value, and the pen digits drawn or photographed that way."""
    for size in SIZES:
        yield "size", f"{size:.0%}", _render(pens, size=size)
    for brush in BRUSHES:
        yield "brush", f"{brush} px", _render(pens, brush=brush)
    for slant in SLANTS:
        yield "slant", f"{slant}°", _render(pens, slant=slant)
    for name, place in PLACES.items():
        yield "place", name, _render(pens, size=0.5, place=place)
    random = np.random.default_rng(seed)
    subset = [pens[index] for index in random.permutation(len(pens))[:_PHOTOS]]
    for paper in Paper:
        photos = (
            (simulate_photo([np.array(stroke.points) for stroke in pen.strokes], paper, random), pen.label)
            for pen in subset
        )
        yield "paper", str(paper), normalize_digits((find_ink(gray)[0], label) for gray, label in photos)
    for name, background in (("28x28, light on dark", 0), ("28x28, dark on light", 255)):
        files = ((np.abs(background - _tiny(pen, random).astype(int)).astype(np.uint8), pen.label) for pen in subset)
        yield "file", name, normalize_digits((find_ink(gray)[0], label) for gray, label in files)


def non_digits(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield kinds of non-digits and network inputs (N, 28, 28) that show them.

    No model was trained to reject these kinds, except for digits side by side, here by other writers.
    """
    random = np.random.default_rng(seed)
    strokes = [[np.array(stroke.points) for stroke in pen.strokes] for pen in pens]
    held_out, trained = Negatives(strokes, held_out=True), Negatives(strokes)
    for name, generate in (
        ("blackletter", held_out.letter),
        ("stars, hearts and spirals", held_out.scribble),
        ("digits in two rows", held_out.several_digits),
        ("digits side by side", trained.several_digits),
    ):
        inks = (augment_strokes(generate(random), random, _MAX_NEGATIVE_BRUSH) for _ in range(_NEGATIVES))
        yield name, np.stack([normalize(ink)[0] for ink in inks])
    sheets = (find_ink(blank_paper(random))[0] for _ in range(_NEGATIVES))
    yield "blank paper", np.stack([normalize(ink)[0] for ink in sheets])


def _render(
    pens: Sequence[PenDigit],
    *,
    size: float = FILL_RATIO,
    brush: float = BRUSH_WIDTH,
    slant: float = 0.0,
    place: tuple[float, float] = (0.0, 0.0),
) -> Digits:
    return normalize_digits(
        (render(_transform(pen, size, brush, slant, place), CANVAS_SIDE), pen.label) for pen in pens
    )


def _tiny(pen: PenDigit, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a digit as a paint program would save it in 28x28 pixels."""
    strokes = _transform(pen, random.uniform(0.55, 0.95), random.uniform(10, 40), 0.0, (0.0, 0.0))
    return np.asarray(cv2.resize(render(strokes, CANVAS_SIDE), (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


def _transform(
    pen: PenDigit, size: float, brush: float, slant: float, place: tuple[float, float]
) -> tuple[Stroke, ...]:
    strokes = [np.array(stroke.points) @ [[1, 0], [-np.tan(np.radians(slant)), 1]] for stroke in pen.strokes]
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = max(size * CANVAS_SIDE - brush, 1.0) / max(*(high - low), 1.0)
    # Move the ink in this direction as far as the canvas allows.
    margin = np.maximum(CANVAS_SIDE / 2 - (high - low) / 2 * scale - brush / 2, 0)
    center = CANVAS_SIDE / 2 + np.array(place) * margin
    return tuple(
        Stroke(tuple((float(x), float(y)) for x, y in (stroke - (low + high) / 2) * scale + center), brush)
        for stroke in strokes
    )
