"""Ten digits drawn by the makers of digitrec, to try the app with."""

import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.strokes import Stroke, render

SIDE = 280
BRUSH = 20


@cache
def samples() -> dict[int, tuple[Stroke, ...]]:
    """The strokes of one drawing for each digit 0 to 9, on a canvas of 280 x 280 pixels."""
    drawn = json.loads(Path(__file__).with_name("samples.json").read_text())
    return {
        sample["digit"]: tuple(Stroke(tuple((x, y) for x, y in points), BRUSH) for points in sample["strokes"])
        for sample in drawn
    }


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
