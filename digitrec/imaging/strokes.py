"""Pen strokes, and how they are rendered as ink."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitrec.errors import DrawingError
from digitrec.imaging.arrays import Ink

MAX_STROKES = 500
MAX_POINTS = 20_000
MAX_COORDINATE = 10_000  # A stroke may leave the canvas and cross the whole screen.
_MAX_WIDTH = 80  # Twice the widest brush.
_MAX_SMOOTH_POINTS = 2_000
_OVERSAMPLING = 4  # For smooth edges.


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pen movement: its points (x, y) in pixels, y pointing down, and the width of the brush in pixels."""

    points: tuple[tuple[float, float], ...]
    width: float


def check_strokes(strokes: Sequence[Stroke]) -> None:
    """Raise DrawingError if there are too many strokes or points, or if some are far outside any canvas."""
    if len(strokes) > MAX_STROKES or sum(len(stroke.points) for stroke in strokes) > MAX_POINTS:
        raise DrawingError("This drawing is too complex. Undo a few strokes, or clear the canvas.")
    for stroke in strokes:
        # NaN doesn't pass either, since no comparison with it is true.
        if not (0 < stroke.width <= _MAX_WIDTH and np.all(np.abs(stroke.points) <= MAX_COORDINATE)):
            raise DrawingError("This drawing doesn't fit on the canvas. Clear the canvas and draw it again.")


def render(strokes: Sequence[Stroke], height: int, width: int | None = None) -> Ink:
    """Return the ink (height, width) of strokes drawn with a round brush, as a square if there is no width."""
    # This many points are close together, so curves and smooth edges would only take time.
    is_dense = sum(len(stroke.points) for stroke in strokes) > _MAX_SMOOTH_POINTS
    scale = 1 if is_dense else _OVERSAMPLING
    image = Image.new("L", ((width or height) * scale, height * scale))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        curve = np.asarray(stroke.points) if is_dense else smooth_curve(stroke.points)
        line = [(float(x), float(y)) for x, y in curve * scale]
        brush = stroke.width * scale
        draw.line(line, fill=255, width=round(brush))
        for x, y in line:
            draw.ellipse((x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2), fill=255)
    return np.asarray(image.reduce(scale))


def smooth_curve(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the curve (N, 2) that the canvas draws through points (M, 2): quadratic, from midpoint to midpoint."""
    corners = np.asarray(points, float)
    if len(corners) < 3:
        return corners
    middles = (corners[1:-2] + corners[2:-1]) / 2
    starts = np.concatenate([corners[:1], middles])[:, np.newaxis]
    ends = np.concatenate([middles, corners[-1:]])[:, np.newaxis]
    controls = corners[1:-1][:, np.newaxis]
    time = np.linspace(0, 1, 8, endpoint=False)[:, np.newaxis]
    curve = (1 - time) ** 2 * starts + 2 * time * (1 - time) * controls + time**2 * ends
    return np.concatenate([curve.reshape(-1, 2), corners[-1:]])
