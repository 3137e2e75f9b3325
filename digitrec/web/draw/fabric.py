"""Conversion between strokes and the Fabric.js objects of the canvas."""

import cmath
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from digitrec.imaging.strokes import Stroke, smooth_curve

FabricObject = dict[str, Any]


def to_fabric(strokes: Iterable[Stroke]) -> list[FabricObject]:
    """Return the objects that show strokes on a canvas in white."""
    return [_path(stroke) for stroke in strokes]


def from_fabric(objects: Iterable[FabricObject]) -> tuple[Stroke, ...]:
    """Return the strokes among the objects of a canvas, after any move, scaling or rotation by the user."""
    return tuple(_stroke(item) for item in objects if item.get("type") == "Path" and item.get("path"))


def _path(stroke: Stroke) -> FabricObject:
    first, *middle, last = stroke.points if len(stroke.points) > 1 else stroke.points * 2
    ends = [((x1 + x2) / 2, (y1 + y2) / 2) for (x1, y1), (x2, y2) in pairwise(middle)]
    curves = [["Q", *control, *end] for control, end in zip(middle, [*ends, last], strict=False)]
    (left, top), (right, bottom) = _bounds(stroke.points)
    return {
        "type": "Path",
        "originX": "center",
        "originY": "center",
        "left": (left + right) / 2,
        "top": (top + bottom) / 2,
        "width": right - left,
        "height": bottom - top,
        "fill": None,
        "stroke": "#fff",
        "strokeWidth": stroke.width,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
        "path": [["M", *first], *curves, ["L", *last]],
    }


def _stroke(item: FabricObject) -> Stroke:
    # Fabric.js puts the pointer positions into the control points of its curves.
    commands = item["path"]
    points = [tuple(command[1:3]) for command in commands]
    (left, top), (right, bottom) = _bounds(points)
    pivot = complex((left + right) / 2, (top + bottom) / 2)
    position = complex(item.get("left", pivot.real), item.get("top", pivot.imag))
    scale_x, scale_y = item.get("scaleX", 1), item.get("scaleY", 1)
    rotation = cmath.exp(1j * math.radians(item.get("angle", 0)))

    def transform(x: float, y: float) -> tuple[float, float]:
        z = complex((x - pivot.real) * scale_x, (y - pivot.imag) * scale_y) * rotation + position
        return z.real, z.imag

    return Stroke(tuple(transform(x, y) for x, y in points), item["strokeWidth"] * math.sqrt(abs(scale_x * scale_y)))


def _bounds(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    curve = smooth_curve(points)
    (left, top), (right, bottom) = curve.min(0), curve.max(0)
    return (float(left), float(top)), (float(right), float(bottom))
