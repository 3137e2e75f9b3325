"""Strokes in the JSON of Fabric.js, which the canvas speaks."""

import cmath
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from digitrec.imaging.strokes import Stroke, smooth_curve

FabricObject = dict[str, Any]


def to_fabric(strokes: Iterable[Stroke]) -> list[FabricObject]:
    """The objects that make a canvas show these strokes in white."""
    return [_path(stroke) for stroke in strokes]


def from_fabric(objects: Iterable[FabricObject]) -> tuple[Stroke, ...]:
    """The strokes among a canvas's objects, where the person sees them: moved, scaled and turned ones too."""
    return tuple(_stroke(item) for item in objects if item.get("type") == "Path" and item.get("path"))


def _path(stroke: Stroke) -> FabricObject:
    first, *middle, last = stroke.points if len(stroke.points) > 1 else stroke.points * 2
    ends = [((x + u) / 2, (y + v) / 2) for (x, y), (u, v) in pairwise(middle)]
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
    # A curve's control points are the points the pointer went through, its end points only lie between them.
    commands = item["path"]
    points = [tuple(command[1:3]) for command in commands]
    (left, top), (right, bottom) = _bounds(points)
    pivot = complex((left + right) / 2, (top + bottom) / 2)
    place = complex(item.get("left", pivot.real), item.get("top", pivot.imag))
    scale_x, scale_y = item.get("scaleX", 1), item.get("scaleY", 1)
    turn = cmath.exp(1j * math.radians(item.get("angle", 0)))

    def shown(x: float, y: float) -> tuple[float, float]:
        z = complex((x - pivot.real) * scale_x, (y - pivot.imag) * scale_y) * turn + place
        return z.real, z.imag

    return Stroke(tuple(shown(x, y) for x, y in points), item["strokeWidth"] * math.sqrt(abs(scale_x * scale_y)))


def _bounds(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    curve = smooth_curve(points)
    (left, top), (right, bottom) = curve.min(0), curve.max(0)
    return (float(left), float(top)), (float(right), float(bottom))
