"""What the makers of digitrec drew: ten digits to try the app with, and what it fails on."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.strokes import Stroke, render

CANVAS_SIDE = 280
BRUSH_WIDTH = 20
NUMBER_CANVAS_WIDTH = 600
"""How wide the canvas for numbers is, which is as high as that for digits."""
SAMPLE_NUMBERS = ("17", "365", "2026", "31415", "8675309")
_ROOM = 124
"""How much of its width a digit of a number takes, where there is room."""


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A drawing that the model everyhand did not read as a person would when it was drawn."""

    digit: int | None
    """What digit it is, None for what is none."""
    description: str
    """What it is, in words."""
    strokes: tuple[Stroke, ...]


@cache
def samples() -> dict[int, tuple[Stroke, ...]]:
    """The strokes of one drawing for each digit 0 to 9, on a canvas of 280 x 280 pixels."""
    return {sample["digit"]: _strokes(sample) for sample in _drawn("digits.json")}


@cache
def known_mistakes() -> tuple[KnownMistake, ...]:
    """Drawings of ours that are, or were, read wrong, on a canvas of 280 x 280 pixels."""
    return tuple(
        KnownMistake(drawn["digit"], drawn["what"], _strokes(drawn)) for drawn in _drawn("known_mistakes.json")
    )


def write_number(number: str, digits: Mapping[int, Sequence[Stroke]]) -> tuple[Stroke, ...]:
    """The strokes of a number, drawings of its digits side by side on a canvas of 600 x 280 pixels."""
    room = min(_ROOM, 0.94 * NUMBER_CANVAS_WIDTH / len(number))
    scale = room / (0.8 * CANVAS_SIDE)
    left, top = (
        (NUMBER_CANVAS_WIDTH - room * len(number) + room - scale * CANVAS_SIDE) / 2,
        (1 - scale) * CANVAS_SIDE / 2,
    )

    def placed(stroke: Stroke, place: int) -> Stroke:
        points = tuple((left + room * place + scale * x, top + scale * y) for x, y in stroke.points)
        return Stroke(points, scale * stroke.width)

    return tuple(placed(stroke, place) for place, digit in enumerate(number) for stroke in digits[int(digit)])


def vary_strokes(strokes: Sequence[Stroke], random: np.random.Generator) -> tuple[Stroke, ...]:
    """Strokes as another hand might draw them: other size, slant, place and brush, and not quite steady."""
    size, slant = random.uniform(0.45, 1.05, 2), random.normal(0, 0.22)
    place = random.normal(CANVAS_SIDE / 2, 14, 2)
    width = float(random.choice((12, 20, 20, 30)))
    shape = np.array([[size[0], 0], [slant, size[1]]])

    def moved(stroke: Stroke) -> Stroke:
        points = np.asarray(stroke.points) - CANVAS_SIDE / 2 + random.normal(0, 5, (len(stroke.points), 2))
        return Stroke(tuple(map(tuple, points @ shape + place)), width)

    return tuple(map(moved, strokes))


def strokes_to_png(strokes: Sequence[Stroke], width: int = CANVAS_SIDE) -> bytes:
    """Strokes as the PNG a browser makes of the canvas: white on black, RGBA, 280 pixels high."""
    return ink_to_png(render(strokes, CANVAS_SIDE, width))


def ink_to_png(ink: NDArray[np.uint8]) -> bytes:
    """Ink (height, width) as the PNG a browser makes of a canvas: white on black, RGBA."""
    buffer = io.BytesIO()
    Image.fromarray(ink).convert("RGBA").save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(file: str) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = json.loads(Path(__file__).with_name(file).read_text())
    return drawn


def _strokes(drawn: dict[str, Any]) -> tuple[Stroke, ...]:
    return tuple(Stroke(tuple((x, y) for x, y in points), BRUSH_WIDTH) for points in drawn["strokes"])
