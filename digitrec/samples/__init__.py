"""Sample drawings: ten digits to try out, and known mistakes of the default model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.strokes import Stroke, render

# Sizes of the canvas, in pixels.
CANVAS_SIDE = 280
BRUSH_WIDTH = 20
NUMBER_CANVAS_WIDTH = 600  # Width of the canvas for numbers, which is as high as that for digits.
SAMPLE_NUMBERS = ("17", "365", "2026", "31415", "8675309")
_DIGIT_ADVANCE = 124  # Distance between the digits of a short number.


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A drawing that everyhand got wrong when it was added here."""

    digit: int | None  # The correct digit, or None if it isn't one.
    description: str  # What the drawing shows.
    strokes: tuple[Stroke, ...]


@cache
def samples() -> dict[int, tuple[Stroke, ...]]:
    """Return the strokes of one drawing per digit 0 to 9, on a canvas of 280×280 pixels."""
    return {drawing["digit"]: _strokes(drawing) for drawing in _load("digits.json")}


@cache
def known_mistakes() -> tuple[KnownMistake, ...]:
    """Return drawings that everyhand gets wrong, or once did, on a canvas of 280×280 pixels."""
    return tuple(
        KnownMistake(drawing["digit"], drawing["what"], _strokes(drawing)) for drawing in _load("known_mistakes.json")
    )


def write_number(number: str, digits: Mapping[int, Sequence[Stroke]]) -> tuple[Stroke, ...]:
    """Return the strokes of a number, composed of drawings of its digits, on a canvas of 600×280 pixels."""
    advance = min(_DIGIT_ADVANCE, 0.94 * NUMBER_CANVAS_WIDTH / len(number))
    scale = advance / (0.8 * CANVAS_SIDE)
    left = (NUMBER_CANVAS_WIDTH - advance * len(number) + advance - scale * CANVAS_SIDE) / 2
    top = (1 - scale) * CANVAS_SIDE / 2

    strokes = []
    for index, digit in enumerate(number):
        for stroke in digits[int(digit)]:
            points = tuple((left + advance * index + scale * x, top + scale * y) for x, y in stroke.points)
            strokes.append(Stroke(points, scale * stroke.width))
    return tuple(strokes)


def vary_strokes(strokes: Sequence[Stroke], random: np.random.Generator) -> tuple[Stroke, ...]:
    """Return strokes with random size, slant, position, brush and jitter, as if another person had drawn them."""
    size, slant = random.uniform(0.45, 1.05, 2), random.normal(0, 0.22)
    center = random.normal(CANVAS_SIDE / 2, 14, 2)
    width = float(random.choice((12, 20, 20, 30)))
    matrix = np.array([[size[0], 0], [slant, size[1]]])

    def vary(stroke: Stroke) -> Stroke:
        points = np.asarray(stroke.points) - CANVAS_SIDE / 2 + random.normal(0, 5, (len(stroke.points), 2))
        return Stroke(tuple(map(tuple, points @ matrix + center)), width)

    return tuple(map(vary, strokes))


def strokes_to_png(strokes: Sequence[Stroke], width: int = CANVAS_SIDE) -> bytes:
    """Return strokes as the PNG that a browser makes of the canvas: white on black, RGBA, 280 pixels high."""
    return ink_to_png(render(strokes, CANVAS_SIDE, width))


def ink_to_png(ink: NDArray[np.uint8]) -> bytes:
    """Return ink (height, width) as the PNG that a browser makes of a canvas: white on black, RGBA."""
    return encode_image(Image.fromarray(ink).convert("RGBA"))


def _load(file: str) -> Any:
    return json.loads(Path(__file__).with_name(file).read_text())


def _strokes(drawing: dict[str, Any]) -> tuple[Stroke, ...]:
    return tuple(Stroke(tuple((x, y) for x, y in points), BRUSH_WIDTH) for points in drawing["strokes"])
