"""The drawing canvas, with Clear and Undo of its own."""

import io
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.recognition import Source
from digitrec.samples import BRUSH, SIDE, samples
from digitrec.ui.entry import Entry
from digitrec.ui.fabric import FabricObject, from_fabric, to_fabric

_COMPONENT = "canvas"


@dataclass(slots=True)
class _Drawing:
    """What the session keeps of the canvas, which forgets everything when it leaves the page."""

    number: int = 0
    source: Source = Source.CANVAS
    objects: list[FabricObject] = field(default_factory=list)
    png: bytes | None = None
    start: dict[str, Any] = field(default_factory=dict)
    sent: bool = False


def show_canvas() -> Entry | None:
    """Show the canvas and return the drawing on it, None while it is empty."""
    drawing = _drawing()
    # This line is also the room that the component's own toolbar, shown while the mouse hovers, opens over.
    st.caption("One digit, as large as you like:")
    if not drawing.sent:
        # The browser may have mounted the canvas anew, empty: after another page, and also when two reruns follow
        # each other closely. So whatever reruns the page, other than a stroke, hands the strokes back.
        drawing.start = drawing.start | {"objects": drawing.objects}
    drawing.sent = False
    result = st_canvas(
        stroke_width=st.session_state.get("brush", BRUSH),
        stroke_color="#fff",
        background_color="#000",
        width=SIDE,
        height=SIDE,
        initial_drawing=drawing.start,
        return_image_data=True,
        key=_COMPONENT,
        on_change=_note_sent,
    )
    drawing.objects = (result.json_data or {}).get("objects", [])
    if not drawing.objects:
        return None
    # The canvas sends no picture of strokes that Python put on it; there the one rendered here stands.
    drawing.png = result.image_bytes or drawing.png
    return Entry(drawing.source, str(drawing.number), drawing.png) if drawing.png else None


def show_corrections() -> None:
    """Show Clear and Undo."""
    empty = not _drawing().objects
    with st.container(horizontal=True, width=SIDE):
        st.button("Clear", key="clear", on_click=clear, icon=":material/delete:", disabled=empty, width="stretch")
        st.button("Undo", key="undo", on_click=undo, icon=":material/undo:", disabled=empty, width="stretch")


def show_brush() -> None:
    """Show the choice of the brush size."""
    st.slider("Brush", 6, 40, BRUSH, format="%d px", key="brush", persist_state="session", width=SIDE)


def show_samples() -> None:
    """Show a button for each of our own drawings."""
    st.caption("Or try one of ours:")
    with st.container(horizontal=True, gap="xsmall"):
        for digit, strokes in samples().items():
            st.button(str(digit), key=f"sample-{digit}", on_click=draw_sample, args=(strokes,))


def clear() -> None:
    """Empty the canvas; what comes next is another drawing."""
    _put([], _drawing().number + 1)


def undo() -> None:
    """Take the last stroke back."""
    drawing = _drawing()
    remaining = drawing.objects[:-1]
    if remaining:
        _put(remaining, drawing.number, drawing.source)
    else:
        clear()


def draw_sample(strokes: tuple[Stroke, ...]) -> None:
    """Begin another drawing with the strokes of one of ours."""
    _put(to_fabric(strokes), _drawing().number + 1, Source.SAMPLE)


def _drawing() -> _Drawing:
    drawing: _Drawing = st.session_state.setdefault("drawing", _Drawing())
    return drawing


def _note_sent() -> None:
    _drawing().sent = True


def _put(objects: list[FabricObject], number: int, source: Source = Source.CANVAS) -> None:
    png = _png(from_fabric(objects)) if objects else None
    # A start that equals the one before would be passed over: the canvas loads a new one only.
    generation = _drawing().start.get("generation", 0) + 1
    st.session_state.drawing = _Drawing(number, source, objects, png, {"objects": objects, "generation": generation})
    # The component's own state still holds the old drawing until the browser answers; a run in between would read it.
    st.session_state[_COMPONENT] = {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}


def _png(strokes: tuple[Stroke, ...]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(render(strokes, SIDE)).save(buffer, "PNG")
    return buffer.getvalue()
