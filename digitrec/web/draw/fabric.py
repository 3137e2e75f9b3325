"""Conversion between strokes and the Fabric.js objects of the canvas."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from digitrec.errors import DrawingError, ImageError
from digitrec.imaging.files.decode import drawing_size
from digitrec.imaging.strokes import MAX_COORDINATE, MAX_POINTS, MAX_STROKES, Stroke, check_strokes
from digitrec.samples import CANVAS_SIDE

FabricObject = dict[str, Any]
_NOT_A_DRAWING = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
_MAX_BYTES = 256 * 2**10  # Of a drawing as JSON, and of its image.
_MAX_REST_BYTES = 2**10  # Of everything else in the message.


def to_fabric(strokes: Iterable[Stroke]) -> list[FabricObject]:
    """Return the objects that show strokes on a canvas in white."""
    return [_path(stroke) for stroke in strokes]


def from_fabric(objects: Sequence[FabricObject]) -> tuple[Stroke, ...]:
    """Return the strokes among the objects of a canvas.

    Raises DrawingError if they are too large or aren't what a canvas sends.
    """
    try:
        paths = [item for item in objects if item.get("type") == "Path" and item.get("path")]
        too_many = len(objects) > MAX_STROKES or sum(len(item["path"]) for item in paths) > MAX_POINTS
        if too_many or len(json.dumps(objects)) > _MAX_BYTES:
            raise DrawingError("This drawing is too complex. Undo a few strokes, or clear the canvas.")
        strokes = tuple(map(_stroke, paths))
        check_strokes(strokes)
    except _NOT_A_DRAWING as error:
        raise _invalid() from error
    return strokes


def read_canvas(result: Any, message: Any, width: int) -> tuple[list[FabricObject], tuple[Stroke, ...], bytes | None]:
    """Return what the canvas component sent: its objects, their strokes, and its image as a PNG.

    Since a browser can send anything, this raises DrawingError when ``from_fabric`` would, when the image doesn't have
    the size of the canvas, which is ``width`` pixels wide, or when the ``message`` contains much else, which Streamlit
    would keep.
    """
    try:
        objects, png = (result.json_data or {}).get("objects", []), result.image_bytes
        _check_rest(message)
        if png and (len(png) > _MAX_BYTES or drawing_size(png) != (width, CANVAS_SIDE)):
            raise _invalid()
    except (ImageError, *_NOT_A_DRAWING) as error:
        raise _invalid() from error
    return objects, from_fabric(objects), png


def drawing_key(message: Any, default: str) -> str:
    """Return the key of the drawing in a message of the canvas, or the default if there is none."""
    with suppress(*_NOT_A_DRAWING):
        key = message["drawing"]["raw"]["key"]
        return key if isinstance(key, str) else default
    return default


def _check_rest(message: Any) -> None:
    drawing = message["drawing"] or {}
    raw = drawing.get("raw") or {}
    rest = {**message, "drawing": {**drawing, "data": None, "raw": {**raw, "objects": None}}}
    if len(json.dumps(rest)) > _MAX_REST_BYTES or len(drawing.get("data") or "") > 2 * _MAX_BYTES:
        raise _invalid()


def _invalid() -> DrawingError:
    return DrawingError("The canvas sent something that isn't a drawing. Clear the canvas and draw it again.")


def _path(stroke: Stroke) -> FabricObject:
    first, *middle, last = stroke.points if len(stroke.points) > 1 else stroke.points * 2
    ends = [((x1 + x2) / 2, (y1 + y2) / 2) for (x1, y1), (x2, y2) in pairwise(middle)]
    curves = [["Q", *control, *end] for control, end in zip(middle, [*ends, last], strict=False)]
    # Fabric.js works out its position and size.
    return {
        "type": "Path",
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
    points = [(x, y) for _, x, y, *_ in commands]
    if not all(abs(value) <= MAX_COORDINATE for point in points for value in point):
        raise ValueError("a point is far outside any canvas")
    return Stroke(tuple(points), item["strokeWidth"])
