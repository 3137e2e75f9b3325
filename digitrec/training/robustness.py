"""Measure accuracy on pen digits of other sizes, positions, brushes and slants and in photos, and false accepts."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.handwriting import load_letters, load_symbols
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import FILL_RATIO, PEN_DIGITS_FILE, PenDigit, load_pen_digits, on_canvas
from digitrec.datasets.sources import normalize_digits
from digitrec.datasets.table_cells import BLANK, load_cells
from digitrec.datasets.unipen import load_unipen_letters, load_unipen_words
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.samples import BRUSH_WIDTH, CANVAS_SIDE
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.photos import Paper, blank_paper, simulate_photo
from digitrec.training.augmentation.strokes import Ink, augment_strokes, bounds
from digitrec.training.evaluate import evaluate_model, is_rejected

PLACES = {"center": (0.0, 0.0), "left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}

_NEGATIVES = 500
_PHOTOS = 300
_MAX_NEGATIVE_BRUSH = 0.1


def accuracy_by_variation(model: DigitModel, pens: Sequence[PenDigit]) -> dict[str, dict[str, float]]:
    """Return the accuracy of a model on pen digits for each variation and each of its values."""
    accuracies: dict[str, dict[str, float]] = {}
    for variation, value, digits in _drawing_variations(pens):
        accuracies.setdefault(variation, {})[value] = evaluate_model(model, digits).accuracy
    return accuracies


def reject_rates(model: DigitModel, folder: Path, part: Part) -> dict[str, float]:
    """Return the share of each kind of non-digits that a model rejects.

    Some are generated, if the folder has pen digits: held out, of kinds that no model was trained to reject, and digits
    side by side; in the other parts, of the kinds that training uses. The others are the letters, symbols, words and
    empty cells of the part. Anything that looks like a digit is left out.
    """
    has_pens = (folder / PEN_DIGITS_FILE).is_file()
    generated = _generated_non_digits(load_pen_digits(folder, part), part) if has_pens else ()
    rates = {}
    for kind, inks in chain(generated, _written_non_digits(folder, part)):
        images = np.stack([normalize(ink)[0] for ink in inks])
        rejected = is_rejected(model.classifier.classify(images), model.card.digit_threshold)
        rates[kind] = float((rejected | ~images.any((1, 2))).mean())
    return rates


def _written_non_digits(folder: Path, part: Part) -> Iterator[tuple[str, list[Ink]]]:
    for kind, strokes in (
        ("UNIPEN letters and symbols", load_unipen_letters(folder, part)),
        ("UNIPEN words", load_unipen_words(folder, part)),
        *load_letters(folder, part).items(),
    ):
        if strokes:
            yield f"{kind} ({part})", [render(on_canvas(points), CANVAS_SIDE) for points in strokes]
    if len(symbols := load_symbols(folder, part)):
        yield f"BHMSDS letters and symbols ({part})", list(symbols)
    if cells := list(load_cells(folder, part, (BLANK,))):
        yield f"empty sudoku cells ({part})", [find_ink(cell)[0] for cell, _ in cells]


def _drawing_variations(pens: Sequence[PenDigit]) -> Iterator[tuple[str, str, Digits]]:
    """Yield the variation, its value, and the pen digits drawn or photographed that way."""
    # A size is the longer side of a digit as a share of the canvas, brush included.
    for size in (0.25, 0.4, 0.55, 0.75, 0.95):
        yield "size", f"{size:.0%}", _render_all(pens, size=size)
    for brush in (6, 12, 20, 30, 40):
        yield "brush", f"{brush} px", _render_all(pens, brush=brush)
    for slant in (-20, -10, 0, 10, 20):
        yield "slant", f"{slant}°", _render_all(pens, slant=slant)
    for name, place in PLACES.items():
        yield "place", name, _render_all(pens, size=0.5, place=place)
    random = np.random.default_rng(0)
    subset = [pens[index] for index in random.permutation(len(pens))[:_PHOTOS]]
    for paper in Paper:
        photos = ((simulate_photo(pen.points(), paper, random), pen.label) for pen in subset)
        yield "paper", str(paper), normalize_digits((find_ink(gray)[0], label) for gray, label in photos)
    for name, background in (("28×28, light on dark", 0), ("28×28, dark on light", 255)):
        files = ((np.abs(background - _tiny(pen, random).astype(int)).astype(np.uint8), pen.label) for pen in subset)
        yield "file", name, normalize_digits((find_ink(gray)[0], label) for gray, label in files)


def _generated_non_digits(pens: Sequence[PenDigit], part: Part) -> Iterator[tuple[str, list[Ink]]]:
    random = np.random.default_rng(0)
    strokes = [pen.points() for pen in pens]
    held_out, trained = Negatives(strokes, held_out=True), Negatives(strokes)
    if part is Part.HELD_OUT:
        kinds = {
            "blackletter": held_out.letter,
            "stars, hearts and spirals": held_out.scribble,
            "digits in two rows": held_out.several_digits,
        }
    else:
        kinds = {"letters of fonts": trained.letter, "scribbles and shapes": trained.scribble}
    for name, generate in (kinds | {"digits side by side": trained.several_digits}).items():
        yield name, [augment_strokes(generate(random), random, _MAX_NEGATIVE_BRUSH) for _ in range(_NEGATIVES)]
    yield "blank paper", [find_ink(blank_paper(random))[0] for _ in range(_NEGATIVES)]


def _tiny(pen: PenDigit, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a digit as a paint program would save it in 28×28 pixels."""
    ink = _render(pen, random.uniform(0.55, 0.95), random.uniform(10, 40))
    return np.asarray(cv2.resize(ink, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


def _render_all(pens: Sequence[PenDigit], **variation: Any) -> Digits:
    return normalize_digits((_render(pen, **variation), pen.label) for pen in pens)


def _render(
    pen: PenDigit,
    size: float = FILL_RATIO,
    brush: float = BRUSH_WIDTH,
    slant: float = 0.0,
    place: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.uint8]:
    strokes = [points @ [[1, 0], [-np.tan(np.radians(slant)), 1]] for points in pen.points()]
    low, high = bounds(strokes)
    scale = max(size * CANVAS_SIDE - brush, 1.0) / max(*(high - low), 1.0)
    # Move the ink in this direction as far as the canvas allows.
    margin = np.maximum(CANVAS_SIDE / 2 - (high - low) / 2 * scale - brush / 2, 0)
    center = CANVAS_SIDE / 2 + np.array(place) * margin
    placed = [(stroke - (low + high) / 2) * scale + center for stroke in strokes]
    return render([Stroke(tuple(map(tuple, points.tolist())), brush) for points in placed], CANVAS_SIDE)
