"""The drawing canvas, with Clear and Undo of its own."""

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


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is drawn on in one mode."""

    component: str
    """The key of its canvas, and of the choice of its brush;"""
    brush_key: str
    asks: str
    width: int
    brush: int
    samples: Sequence[int | str]


_SHEETS = {
    Mode.DIGIT: _Sheet("canvas", "brush", "One digit, large:", CANVAS_SIDE, BRUSH_WIDTH, list(samples())),
    Mode.NUMBER: _Sheet(
        "wide-canvas", "wide-brush", "A number, its digits side by side:", NUMBER_CANVAS_WIDTH, 12, SAMPLE_NUMBERS
    ),
}
# Where there is no room for all of the wide canvas it is shown smaller; Fabric draws where the pointer is nevertheless.
# CSS divides lengths only by way of an angle; div. outdoes the width that Streamlit gives the element.
_FITTED = f"""<style>
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
    # This line is also the room that the component's own toolbar, shown while the mouse hovers, opens over.
    st.caption(_SHEETS[mode].asks)
    if mode is Mode.NUMBER:
        st.html(_FITTED)


def show_canvas(mode: Mode) -> UserInput | None:
    """Show the canvas of a mode and return the drawing on it, None while it is empty.

    What was drawn in the other mode is on it too.
    """
    sheet = _SHEETS[mode]
    if session().drawing.mode is not mode:
        _change_sheet(mode)
    drawing = session().drawing
    brush = st.session_state.get(sheet.brush_key, sheet.brush)
    if brush != drawing.brush or sheet.component not in st.session_state:
        # The browser may mount the canvas anew, empty: after another page, and also when its brush changes fast.
        drawing.initial = drawing.initial | {"objects": drawing.objects}
        drawing.brush = brush
    result = st_canvas(
        stroke_width=brush,
        stroke_color="#fff",
        background_color="#000",
        width=sheet.width,
        height=CANVAS_SIDE,
        initial_drawing=drawing.initial,
        return_image_data=True,
        key=sheet.component,
    )
    objects = (result.json_data or {}).get("objects", [])
    if drawing.objects and not objects:
        # Emptied with the component's own tools: what comes next is another drawing.
        session().drawing = drawing = Drawing(drawing.number + 1, mode, brush=brush, initial=drawing.initial)
    drawing.objects = objects
    if not objects:
        return None
    # The canvas sends no picture of strokes that Python put on it; there the one rendered here stands.
    drawing.png = result.image_bytes or drawing.png
    if not drawing.png:
        return None
    return UserInput(drawing.input_method, str(drawing.number), drawing.png, from_fabric(objects))


def show_corrections() -> None:
    """Show Clear and Undo."""
    drawing = session().drawing
    empty = not drawing.objects
    with st.container(horizontal=True, width=_SHEETS[drawing.mode].width):
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
    """Show the choice of the brush size, in pixels."""
    sheet = _SHEETS[mode]
    st.segmented_control(
        "Brush", BRUSHES, default=sheet.brush, required=True, key=sheet.brush_key, persist_state="session"
    )


def show_samples(mode: Mode) -> None:
    """Show a choice of our own drawings; the one clicked goes on the canvas."""
    st.pills("Or try one of ours", _SHEETS[mode].samples, key="sample", on_change=_draw_sample, args=(mode,), wrap=True)


def clear() -> None:
    """Empty the canvas; what comes next is another drawing, and Undo brings this one back."""
    drawing = session().drawing
    _put([], drawing.number + 1, drawing.mode)
    session().drawing.cleared = drawing


def undo() -> None:
    """Take back the last stroke, or on the empty canvas Clear."""
    drawing = session().drawing
    if not drawing.objects and drawing.cleared:
        _put(drawing.cleared.objects, drawing.cleared.number, drawing.cleared.mode, drawing.cleared.input_method)
    elif remaining := drawing.objects[:-1]:
        _put(remaining, drawing.number, drawing.mode, drawing.input_method)
    else:
        _put([], drawing.number + 1, drawing.mode)


def put(strokes: Sequence[Stroke], mode: Mode, input_method: InputMethod) -> None:
    """Put strokes, in pixels of the canvas of a mode, on it as another drawing."""
    _put(to_fabric(strokes), session().drawing.number + 1, mode, input_method)


def _draw_sample(mode: Mode) -> None:
    chosen = st.session_state.sample
    put(samples()[chosen] if mode is Mode.DIGIT else write_number(chosen, samples()), mode, InputMethod.SAMPLE)
    # Back to none chosen, so that the same one can be chosen again.
    st.session_state.sample = None


def _change_sheet(mode: Mode) -> None:
    """Have what is on the canvas of one mode on that of the other, in its middle, smaller where it is too wide.

    Where nothing was drawn since it came from there, it goes back as it was.
    """
    drawing, width = session().drawing, _SHEETS[mode].width
    before = drawing.converted_from
    if before and before.mode is mode and len(before.objects) == len(drawing.objects):
        _put(before.objects, drawing.number, mode, drawing.input_method)
        return
    strokes = from_fabric(drawing.objects)
    edges = [x + side * stroke.width / 2 for stroke in strokes for x, _ in stroke.points for side in (-1, 1)]
    left, right = min(edges, default=0.0), max(edges, default=1.0)
    scale, middle = min(1.0, (width - 2 * _MARGIN) / (right - left)), (left + right) / 2
    moved = [
        Stroke(
            tuple(
                (width / 2 + scale * (x - middle), CANVAS_SIDE / 2 + scale * (y - CANVAS_SIDE / 2))
                for x, y in stroke.points
            ),
            scale * stroke.width,
        )
        for stroke in strokes
    ]
    _put(to_fabric(moved), drawing.number, mode, drawing.input_method)
    # One step back is enough; a chain of them would grow with each change of the mode.
    drawing.converted_from = None
    session().drawing.converted_from = drawing


def _put(objects: list[FabricObject], number: int, mode: Mode, input_method: InputMethod = InputMethod.CANVAS) -> None:
    sheet = _SHEETS[mode]
    picture = strokes_to_png(from_fabric(objects), sheet.width) if objects else None
    # A start that equals the one before would be passed over: the canvas loads a new one only.
    before = session().drawing
    initial = {"objects": objects, "generation": before.initial.get("generation", 0) + 1}
    session().drawing = Drawing(number, mode, input_method, objects, picture, initial, before.brush)
    # The component's own state still holds the old drawing until the browser answers; a run in between would read it.
    st.session_state[sheet.component] = {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}
