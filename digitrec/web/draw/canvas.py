"""The drawing canvas with its Clear and Undo buttons, brush sizes and samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod, Mode
from digitrec.samples import (
    BRUSH_WIDTH,
    CANVAS_SIDE,
    NUMBER_CANVAS_WIDTH,
    SAMPLE_NUMBERS,
    samples,
    strokes_to_png,
    write_number,
)
from digitrec.web.draw.fabric import FabricObject, from_fabric, to_fabric
from digitrec.web.shared.session import Drawing, session
from digitrec.web.shared.user_input import UserInput

BRUSHES = (6, 12, 20, 30, 40)
_MARGIN = 8
_SAMPLE_KEY = "sample"


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The canvas of one mode."""

    key: str
    """The key of the canvas component."""
    brush_key: str
    prompt: str
    width: int
    brush: int
    samples: Sequence[int | str]


_CANVASES = {
    Mode.DIGIT: _Canvas("canvas", "brush", "One large digit", CANVAS_SIDE, BRUSH_WIDTH, list(samples())),
    Mode.NUMBER: _Canvas(
        "wide-canvas", "wide-brush", "One number, digits side by side", NUMBER_CANVAS_WIDTH, 12, SAMPLE_NUMBERS
    ),
}
# A narrow page shows the wide canvas scaled down; Fabric.js still draws where the pointer is. tan(atan2(a, b)) is how
# CSS divides two lengths, and the selector needs "div." to override the width that Streamlit sets.
_FIT_TO_WIDTH = f"""<style>
div.st-key-wide-canvas {{ container-type: inline-size; width: 100%; max-width: {NUMBER_CANVAS_WIDTH}px; }}
.st-key-wide-canvas > * {{
    width: {NUMBER_CANVAS_WIDTH}px;
    max-width: none;
    transform-origin: 0 0;
    transform: scale(tan(atan2(100cqw, {NUMBER_CANVAS_WIDTH}px)));
    margin-bottom: calc((100cqw - {NUMBER_CANVAS_WIDTH}px) * {CANVAS_SIDE} / {NUMBER_CANVAS_WIDTH});
}}
</style>"""


def show_prompt(mode: Mode) -> None:
    """Show what to draw, above the canvas of a mode."""
    # The component's own toolbar, which appears on hover, covers this line and nothing else.
    st.caption(_CANVASES[mode].prompt)
    if mode is Mode.NUMBER:
        st.html(_FIT_TO_WIDTH)


def show_canvas(mode: Mode) -> UserInput | None:
    """Show the canvas of a mode and return the drawing on it, or None while it is empty.

    A drawing made in the other mode moves to this canvas.
    """
    canvas = _CANVASES[mode]
    if session().drawing.mode is not mode:
        _move_drawing(mode)
    drawing = session().drawing
    brush = st.session_state.get(canvas.brush_key, canvas.brush)
    if brush != drawing.brush or canvas.key not in st.session_state:
        # The browser may recreate the canvas empty: after a visit to another page or a quick change of the brush.
        drawing.initial = drawing.initial | {"objects": drawing.objects}
        drawing.brush = brush
    result = st_canvas(
        stroke_width=brush,
        stroke_color="#fff",
        background_color="#000",
        width=canvas.width,
        height=CANVAS_SIDE,
        initial_drawing=drawing.initial,
        return_image_data=True,
        key=canvas.key,
    )
    objects = (result.json_data or {}).get("objects", [])
    if drawing.objects and not objects:
        # The user emptied it with the component's own tools: the next stroke starts a new drawing.
        session().drawing = drawing = Drawing(drawing.number + 1, mode, brush=brush, initial=drawing.initial)
    drawing.objects = objects
    if not objects:
        return None
    # The canvas sends no image of strokes that Python put on it, so keep the one rendered here.
    drawing.png = result.image_bytes or drawing.png
    if not drawing.png:
        return None
    return UserInput(drawing.input_method, str(drawing.number), drawing.png, from_fabric(objects))


def show_clear_and_undo() -> None:
    """Show the Clear and Undo buttons."""
    drawing = session().drawing
    empty = not drawing.objects
    with st.container(horizontal=True, width=_CANVASES[drawing.mode].width):
        st.button("Clear", key="clear", on_click=clear, icon=":material/delete:", disabled=empty, width="stretch")
        st.button(
            "Undo",
            key="undo",
            on_click=undo,
            icon=":material/undo:",
            disabled=empty and not drawing.cleared,
            width="stretch",
        )


def show_brush(mode: Mode) -> None:
    """Show the choice of the brush size in pixels."""
    canvas = _CANVASES[mode]
    st.segmented_control(
        "Brush size", BRUSHES, default=canvas.brush, required=True, key=canvas.brush_key, persist_state="session"
    )


def show_samples(mode: Mode) -> None:
    """Show the sample drawings; a click puts one on the canvas."""
    st.pills("Try a sample", _CANVASES[mode].samples, key=_SAMPLE_KEY, on_change=_draw_sample, args=(mode,), wrap=True)


def clear() -> None:
    """Empty the canvas and start a new drawing; Undo brings the old one back."""
    drawing = session().drawing
    _put([], drawing.number + 1, drawing.mode)
    session().drawing.cleared = drawing


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
    """Put strokes, in canvas pixels, on the canvas of a mode as a new drawing."""
    _put(to_fabric(strokes), session().drawing.number + 1, mode, input_method)


def _draw_sample(mode: Mode) -> None:
    sample = st.session_state[_SAMPLE_KEY]
    put_strokes(samples()[sample] if mode is Mode.DIGIT else write_number(sample, samples()), mode, InputMethod.SAMPLE)
    # Deselect it, so that the same sample can be selected again.
    st.session_state[_SAMPLE_KEY] = None


def _move_drawing(mode: Mode) -> None:
    """Move the drawing to the canvas of a mode, centered there and scaled down if it is too wide.

    A drawing that came from that canvas and hasn't changed goes back exactly as it was.
    """
    drawing, width = session().drawing, _CANVASES[mode].width
    previous = drawing.converted_from
    if previous and previous.mode is mode and len(previous.objects) == len(drawing.objects):
        _put(previous.objects, drawing.number, mode, drawing.input_method)
        return
    strokes = from_fabric(drawing.objects)
    edges = [x + side * stroke.width / 2 for stroke in strokes for x, _ in stroke.points for side in (-1, 1)]
    left, right = min(edges, default=0.0), max(edges, default=1.0)
    scale, center = min(1.0, (width - 2 * _MARGIN) / (right - left)), (left + right) / 2
    moved = [
        Stroke(
            tuple(
                (width / 2 + scale * (x - center), CANVAS_SIDE / 2 + scale * (y - CANVAS_SIDE / 2))
                for x, y in stroke.points
            ),
            scale * stroke.width,
        )
        for stroke in strokes
    ]
    _put(to_fabric(moved), drawing.number, mode, drawing.input_method)
    # One step back is enough; a chain would grow with every change of mode.
    drawing.converted_from = None
    session().drawing.converted_from = drawing


def _put(objects: list[FabricObject], number: int, mode: Mode, input_method: InputMethod = InputMethod.CANVAS) -> None:
    canvas = _CANVASES[mode]
    image = strokes_to_png(from_fabric(objects), canvas.width) if objects else None
    # The canvas ignores an initial drawing equal to the last one, hence the generation number.
    previous = session().drawing
    initial = {"objects": objects, "generation": previous.initial.get("generation", 0) + 1}
    session().drawing = Drawing(number, mode, input_method, objects, image, initial, previous.brush)
    # Until the browser answers, the component's state holds the old drawing, and a run in between would use it.
    st.session_state[canvas.key] = {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}
