"""The drawing canvas, with Clear and Undo of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from digitrec.imaging.strokes import Stroke
from digitrec.recognition.recognition import Source
from digitrec.samples import BRUSH, SIDE, png, samples
from digitrec.ui.entry import Entry
from digitrec.ui.fabric import FabricObject, from_fabric, to_fabric

_COMPONENT = "canvas"
BRUSHES = (6, 12, 20, 30, 40)


@dataclass(slots=True)
class _Drawing:
    """What the session keeps of the canvas, which forgets everything when it leaves the page."""

    number: int = 0
    source: Source = Source.CANVAS
    objects: list[FabricObject] = field(default_factory=list)
    png: bytes | None = None
    start: dict[str, Any] = field(default_factory=dict)
    brush: int = BRUSH
    cleared: "_Drawing | None" = None
    """What Clear took away, until another drawing begins."""


def show_canvas() -> Entry | None:
    """Show the canvas and return the drawing on it, None while it is empty."""
    drawing = _drawing()
    # This line is also the room that the component's own toolbar, shown while the mouse hovers, opens over.
    st.caption("One digit, as large as you like:")
    brush = st.session_state.get("brush", BRUSH)
    if brush != drawing.brush or _COMPONENT not in st.session_state:
        # The browser may mount the canvas anew, empty: after another page, and also when its brush changes fast.
        drawing.start = drawing.start | {"objects": drawing.objects}
        drawing.brush = brush
    result = st_canvas(
        stroke_width=brush,
        stroke_color="#fff",
        background_color="#000",
        width=SIDE,
        height=SIDE,
        initial_drawing=drawing.start,
        return_image_data=True,
        key=_COMPONENT,
    )
    objects = (result.json_data or {}).get("objects", [])
    if drawing.objects and not objects:
        # Emptied with the component's own tools: what comes next is another drawing.
        st.session_state.drawing = drawing = _Drawing(drawing.number + 1, brush=brush, start=drawing.start)
    drawing.objects = objects
    if not objects:
        return None
    # The canvas sends no picture of strokes that Python put on it; there the one rendered here stands.
    drawing.png = result.image_bytes or drawing.png
    if not drawing.png:
        return None
    return Entry(drawing.source, str(drawing.number), drawing.png, from_fabric(objects))


def show_corrections() -> None:
    """Show Clear and Undo."""
    drawing = _drawing()
    empty = not drawing.objects
    with st.container(horizontal=True, width=SIDE):
        st.button("Clear", key="clear", on_click=clear, icon=":material/delete:", disabled=empty, width="stretch")
        st.button(
            "Undo",
            key="undo",
            on_click=undo,
            icon=":material/undo:",
            disabled=empty and not drawing.cleared,
            width="stretch",
        )


def show_brush() -> None:
    """Show the choice of the brush size, in pixels."""
    st.segmented_control("Brush", BRUSHES, default=BRUSH, required=True, key="brush", persist_state="session")


def show_samples() -> None:
    """Show a choice of our own drawings; the one clicked goes on the canvas."""
    st.pills("Or try one of ours", list(samples()), key="sample", on_change=_draw_sample, wrap=True)


def clear() -> None:
    """Empty the canvas; what comes next is another drawing, and Undo brings this one back."""
    drawing = _drawing()
    _put([], drawing.number + 1)
    _drawing().cleared = drawing


def undo() -> None:
    """Take back the last stroke, or on the empty canvas Clear."""
    drawing = _drawing()
    if not drawing.objects and drawing.cleared:
        _put(drawing.cleared.objects, drawing.cleared.number, drawing.cleared.source)
    elif remaining := drawing.objects[:-1]:
        _put(remaining, drawing.number, drawing.source)
    else:
        _put([], drawing.number + 1)


def put(strokes: Sequence[Stroke], source: Source) -> None:
    """Put strokes, in canvas pixels, on the canvas as another drawing."""
    _put(to_fabric(strokes), _drawing().number + 1, source)


def _drawing() -> _Drawing:
    drawing: _Drawing = st.session_state.setdefault("drawing", _Drawing())
    return drawing


def _draw_sample() -> None:
    put(samples()[st.session_state.sample], Source.SAMPLE)
    # Back to none chosen, so that the same one can be chosen again.
    st.session_state.sample = None


def _put(objects: list[FabricObject], number: int, source: Source = Source.CANVAS) -> None:
    picture = png(from_fabric(objects)) if objects else None
    # A start that equals the one before would be passed over: the canvas loads a new one only.
    generation = _drawing().start.get("generation", 0) + 1
    st.session_state.drawing = _Drawing(
        number, source, objects, picture, {"objects": objects, "generation": generation}, _drawing().brush
    )
    # The component's own state still holds the old drawing until the browser answers; a run in between would read it.
    st.session_state[_COMPONENT] = {"drawing": {"raw": {"objects": objects}, "data": None}, "backgroundFit": None}
