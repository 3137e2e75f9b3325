"""The drawing canvas and its tools: brush sizes, samples, undo and clear."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit_drawable_canvas
from streamlit_drawable_canvas import st_canvas

from digitrec.errors import DrawingError
from digitrec.prediction import InputMethod, Mode
from digitrec.samples import CANVAS_SIDE, SAMPLE_NUMBERS, samples, write_number
from digitrec.web.draw.drawing import CANVASES, Canvas, move_drawing, put_strokes
from digitrec.web.draw.fabric import drawing_key, read_canvas
from digitrec.web.shared.preview import path_on_server
from digitrec.web.shared.session import Drawing, UserInput, session

_COMPONENT = "streamlit-drawable-canvas.streamlit_drawable_canvas"
_BUNDLE = next(Path(streamlit_drawable_canvas.__file__).parent.glob("frontend/build/index-*.js")).name
_PATH = path_on_server(f"/_stcore/bidi-components/{_COMPONENT}/{_BUNDLE}")
# Registering the component again replaces it; Streamlit only warns about that. The component's own toolbar, transparent
# until the mouse hovers over it, covers part of the canvas and catches the strokes that begin there.
logging.getLogger("streamlit.components.v2.component_registry").setLevel(logging.ERROR)
st.components.v2.component(
    _COMPONENT,
    js=f"const COMPONENT_PATH = {json.dumps(_PATH)};\n" + Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    css="index-*.css",
    html=(
        "<style>.dc-toolbar { display: none !important; } .canvas-root { scroll-margin-top: 4.5rem; }</style>"
        '<div class="canvas-root"></div>'
    ),
)
_BRUSHES = (6, 12, 20, 30, 40)
_SAMPLES = {Mode.DIGIT: list(samples()), Mode.NUMBER: SAMPLE_NUMBERS}
_SAMPLE_KEY = "sample"


def show_canvas(mode: Mode, on_stroke: Callable[[bool], None]) -> Callable[[], UserInput | None]:
    """Show the canvas of a mode and return a function that reads its drawing, which can take a tenth of a second.

    A drawing made in the other mode moves to this canvas. ``on_stroke`` is called at the beginning of the run that a
    stroke starts, and told whether it belongs to a new drawing.
    """
    canvas = CANVASES[mode]
    if session().drawing.mode is not mode:
        move_drawing(mode)
    drawing = session().drawing
    brush = st.session_state.get(canvas.brush_key, canvas.brush)
    if brush != drawing.brush or canvas.key not in st.session_state:
        # The browser may recreate the canvas: after a visit to another page or a quick change of the brush.
        drawing.initial = drawing.objects
        drawing.brush = brush
    result = st_canvas(
        stroke_width=brush,
        stroke_color="#fff",
        background_color="#000",
        width=canvas.width,
        height=CANVAS_SIDE,
        initial_drawing={"objects": drawing.initial, "key": drawing.key},
        return_image_data=True,
        key=canvas.key,
        on_change=lambda: on_stroke(_shown_key(canvas) != session().drawing.key),
    )
    return lambda: _read(result, canvas)


def _read(result: Any, canvas: Canvas) -> UserInput | None:
    drawing = session().drawing
    try:
        objects, strokes, png = read_canvas(result, st.session_state[canvas.key], canvas.width)
    except DrawingError as error:
        # Streamlit would keep it until the session ends, parsed, which can take twenty times the space of the message.
        del st.session_state[canvas.key]
        st.warning(str(error))
        return None
    if (key := _shown_key(canvas)) != drawing.key:
        # Clear emptied the canvas, or Undo brought back what Clear removed.
        session().drawing = drawing = _other_drawing(key)
    drawing.objects = objects
    if not objects:
        return None
    # The canvas sends no image of strokes that Python put on it, so keep the one rendered here.
    drawing.png = png or drawing.png
    return UserInput(drawing.input_method, drawing.key, drawing.png, strokes) if drawing.png else None


def _shown_key(canvas: Canvas) -> str:
    return drawing_key(st.session_state.get(canvas.key), session().drawing.key)


def _other_drawing(key: str) -> Drawing:
    drawing = session().drawing
    # One step back is enough; a chain would grow with every drawing.
    previous = replace(drawing, previous=None, converted_from=None)
    if drawing.previous and drawing.previous.key == key:
        return replace(drawing.previous, previous=previous)
    return Drawing(key, drawing.mode, brush=drawing.brush, previous=previous)


def watch_drawing(mode: Mode) -> Callable[[], bool]:
    """Return a function that says whether the drawing on the canvas of a mode has changed since."""
    key = CANVASES[mode].key
    before = st.session_state.get(key)
    return lambda: st.session_state.get(key) != before


def show_clear_and_undo() -> None:
    """Show the Clear and Undo buttons, whose clicks the canvas handles in the browser."""
    st.button("Undo", key="undo", icon=":material/undo:", width="stretch")
    st.button("Clear", key="clear", icon=":material/delete:", width="stretch")


def show_brush(mode: Mode) -> None:
    """Show the button for choosing the brush size in pixels."""
    canvas = CANVASES[mode]
    with st.popover("Brush", width="stretch", key="choose-brush"):
        st.segmented_control(
            "Brush size", _BRUSHES, default=canvas.brush, required=True, key=canvas.brush_key, persist_state="session"
        )


def show_samples(mode: Mode) -> None:
    """Show the menu of sample drawings; selecting one puts it on the canvas."""
    st.menu_button("Samples", _SAMPLES[mode], key=_SAMPLE_KEY, on_click=_draw_sample, args=(mode,), width="stretch")


def _draw_sample(mode: Mode) -> None:
    sample = st.session_state[_SAMPLE_KEY]
    put_strokes(samples()[sample] if mode is Mode.DIGIT else write_number(sample, samples()), mode, InputMethod.SAMPLE)
