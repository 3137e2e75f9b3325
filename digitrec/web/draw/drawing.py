"""Change the drawing on the canvas from Python: load a sample, or move it to the other mode."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from digitrec.imaging.strokes import Stroke, check_strokes
from digitrec.prediction import InputMethod, Mode
from digitrec.samples import BRUSH_WIDTH, CANVAS_SIDE, NUMBER_CANVAS_WIDTH, strokes_to_png
from digitrec.web.draw.fabric import FabricObject, from_fabric, to_fabric
from digitrec.web.shared.session import Drawing, session

_MARGIN = 8


@dataclass(frozen=True, slots=True)
class Canvas:
    """The canvas of one mode, with the widget keys of the component and of its brush size."""

    key: str
    brush_key: str
    width: int
    brush: int


CANVASES = {
    Mode.DIGIT: Canvas("canvas", "brush", CANVAS_SIDE, BRUSH_WIDTH),
    Mode.NUMBER: Canvas("wide-canvas", "wide-brush", NUMBER_CANVAS_WIDTH, 12),
}


def put_strokes(strokes: Sequence[Stroke], mode: Mode, input_method: InputMethod) -> None:
    """Put strokes, in canvas pixels, on the canvas of a mode as a new drawing.

    Raises DrawingError if there are too many, or if some are far outside the canvas.
    """
    check_strokes(strokes)
    _put(to_fabric(strokes), secrets.token_urlsafe(6), mode, input_method)


def move_drawing(mode: Mode) -> None:
    """Move the drawing to the canvas of a mode, centered there and scaled down if it is too wide.

    A drawing that came from that canvas and hasn't changed goes back exactly as it was.
    """
    drawing = session().drawing
    previous = drawing.converted_from
    if previous and previous.mode is mode and len(previous.objects) == len(drawing.objects):
        _put(previous.objects, drawing.key, mode, drawing.input_method)
        return
    strokes = _fit(from_fabric(drawing.objects), CANVASES[mode].width)
    _put(to_fabric(strokes), drawing.key, mode, drawing.input_method)
    # One step back is enough; a chain would grow with every change of mode.
    drawing.converted_from = None
    session().drawing.converted_from = drawing


def _fit(strokes: Sequence[Stroke], width: int) -> list[Stroke]:
    edges = [x + side * stroke.width / 2 for stroke in strokes for x, _ in stroke.points for side in (-1, 1)]
    left, right = min(edges, default=0.0), max(edges, default=1.0)
    scale, center, middle = min(1.0, (width - 2 * _MARGIN) / (right - left)), (left + right) / 2, CANVAS_SIDE / 2

    def move(x: float, y: float) -> tuple[float, float]:
        return width / 2 + scale * (x - center), middle + scale * (y - middle)

    return [Stroke(tuple(move(x, y) for x, y in stroke.points), scale * stroke.width) for stroke in strokes]


def _put(objects: list[FabricObject], key: str, mode: Mode, input_method: InputMethod) -> None:
    canvas = CANVASES[mode]
    image = strokes_to_png(from_fabric(objects), canvas.width) if objects else None
    session().drawing = Drawing(key, mode, input_method, objects, image, objects, session().drawing.brush)
    # Until the browser answers, the component's state holds the old drawing, and a run in between would use it.
    raw = {"objects": objects, "key": key}
    st.session_state[canvas.key] = {"drawing": {"raw": raw, "data": None}, "backgroundFit": None}
