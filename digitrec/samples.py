"""What the makers of digitrec drew: ten digits to try the app with, and what it fails on."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.strokes import Stroke, render

SIDE = 280
BRUSH = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """A drawing that the model everyhand did not read as a person would when it was drawn."""

    digit: int | None
    """What digit it is, None for what is none."""
    what: str
    """What it is, in words."""
    strokes: tuple[Stroke, ...]


@cache
def samples() -> dict[int, tuple[Stroke, ...]]:
    """The strokes of one drawing for each digit 0 to 9, on a canvas of 280 x 280 pixels."""
    return {sample["digit"]: _strokes(sample) for sample in _drawn("samples.json")}


@cache
def failures() -> tuple[Failure, ...]:
    """Drawings of ours that are, or were, read wrong, on a canvas of 280 x 280 pixels."""
    return tuple(Failure(drawn["digit"], drawn["what"], _strokes(drawn)) for drawn in _drawn("failures.json"))


def varied(strokes: Sequence[Stroke], random: np.random.Generator) -> tuple[Stroke, ...]:
    """Strokes as another hand might draw them: other size, slant, place and brush, and not quite steady."""
    size, slant = random.uniform(0.45, 1.05, 2), random.normal(0, 0.22)
    place = random.normal(SIDE / 2, 14, 2)
    width = float(random.choice((12, 20, 20, 30)))
    shape = np.array([[size[0], 0], [slant, size[1]]])

    def moved(stroke: Stroke) -> Stroke:
        points = np.asarray(stroke.points) - SIDE / 2 + random.normal(0, 5, (len(stroke.points), 2))
        return Stroke(tuple(map(tuple, points @ shape + place)), width)

    return tuple(map(moved, strokes))


def png(strokes: Sequence[Stroke]) -> bytes:
    """Strokes as the PNG a browser makes of the canvas: white on black, RGBA, 280 x 280 pixels."""
    return encoded(render(strokes, SIDE))


def encoded(ink: NDArray[np.uint8]) -> bytes:
    """Ink (height, width) as the PNG a browser makes of a canvas: white on black, RGBA."""
    buffer = io.BytesIO()
    Image.fromarray(ink).convert("RGBA").save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(file: str) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = json.loads(Path(__file__).with_name(file).read_text())
    return drawn


def _strokes(drawn: dict[str, Any]) -> tuple[Stroke, ...]:
    return tuple(Stroke(tuple((x, y) for x, y in points), BRUSH) for points in drawn["strokes"])
