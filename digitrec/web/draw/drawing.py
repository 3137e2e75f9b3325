"""Change the drawing on the canvas from Python: clear, undo, load a sample, or move to the other mode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


def clear() -> None:
    """Empty the canvas and start a new drawing; Undo brings the old one back."""
    drawing = session().drawing
    _put([], drawing.number + 1, drawing.mode)
    # One step back is enough; a chain would grow with every drawing.
    previous = replace(drawing, cleared=None, converted_from=None) if drawing.objects else drawing.cleared
    session().drawing.cleared = previous


def undo() -> None:
    """Remove the last stroke, or restore a cleared drawing if the canvas is empty."""
    drawing = session().drawing
    if not drawing.objects and drawing.cleared:
        _put(drawing.cleared.objects, drawing.cleared.number, drawing.cleared.mode, drawing.cleared.input_method)
    elif remaining := drawing.objects[:-1]:
        _put(remaining, drawing.number, drawing.mode, drawing.input_method)
    else:
        _put([], drawing.number + 1, drawing.mode)


def put_strokes(strokes: Sequence[Stroke], mode: Mode, input_method: InputMethod) -> None:
    """Put strokes, in canvas pixels, on the canvas of a mode as a new drawing.

    Raises DrawingError if there are too many, or if some are far outside the canvas.
    """
    check_strokes(strokes)
    _put(to_fabric(strokes), session().drawing.number + 1, mode, input_method)


def move_drawing(mode: Mode) -> None:
    """Move the drawing to the canvas of a mode, centered there and scaled down if it is too wide.

    A drawing that came from that canvas and hasn't changed goes back exactly as it was.
    """
    drawing = session().drawing
    previous = drawing.converted_from
    if previous and previous.mode is mode and len(previous.objects) == len(drawing.objects):
        _put(previous.objects, drawing.number, mode, drawing.input_method)
        return
    strokes = _fit(from_fabric(drawing.objects), CANVASES[mode].width)
    _put(to_fabric(strokes), drawing.number, mode, drawing.input_method)
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


def _put(objects: list[FabricObject], number: int, mode: Mode, input_method: InputMethod = InputMethod.CANVAS) -> None:
    canvas = CANVASES[mode]
    image = strokes_to_png(from_fabric(objects), canvas.width) if objects else None
    # The canvas ignores an initial drawing equal to the last one, hence the generation number.
    previous = session().drawing
    initial = {"objects": objects, "generation": previous.initial.get("generation", 0) + 1}
    session().drawing = Drawing(number, mode, input_method, objects, image, initial, previous.brush)
    # Until the browser answers, the component's state holds the old drawing, and a run in between would use it.
    st.session_state[canvas.key] = {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}
