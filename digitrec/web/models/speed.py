"""How fast a model reads on the machine of the server, measured when somebody asks."""

from collections.abc import Callable

import streamlit as st

from digitrec.config import LINE
from digitrec.recognition.timing import BATCH_SIZE, measure_line_speed, measure_speed
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.web.shared.models import number_recognizer_or_notice, recognizer_or_notice
from digitrec.web.shared.session import session

_TEXT = "Reading"
_LONG = "12345678"
_OF_DIGITS = ("One digit through the network", "From a drawing to its answer", f"Digits in batches of {BATCH_SIZE}")
_OF_LINES = ("Eight digits through the network", "Eight digits drawn, to the answer")


@st.fragment
def show_speed(name: str) -> None:
    """Show a button that measures, and what was measured last in this session."""
    st.header("How fast is it on this machine?")
    measured = session().measured_speeds
    if st.button("Measure", icon=":material/speed:", help="Takes a few seconds and one core of the server."):
        bar = st.progress(0.0, _TEXT)
        measure = _line_speed if name == LINE else _digit_speed
        found = measure(name, lambda done: bar.progress(done, _TEXT))
        bar.empty()
        if not found:
            return
        measured[name] = found
    labels = _OF_LINES if name == LINE else _OF_DIGITS
    with st.grid("auto", min_column_width=220):
        for label, value in zip(labels, measured.get(name, ["–"] * len(labels)), strict=True):
            st.metric(label, value, border=True)
    st.caption("Medians, on one core, with whatever else the server does meanwhile.")


def _digit_speed(name: str, progress: Callable[[float], object]) -> tuple[str, ...] | None:
    recognizer = recognizer_or_notice(name)
    if not recognizer:
        return None
    speed = measure_speed(recognizer, [strokes_to_png(strokes) for strokes in samples().values()], progress)
    return f"{speed.inference:.2f} ms", f"{speed.recognition:.2f} ms", f"{speed.digits_per_second:,.0f} a second"


def _line_speed(name: str, progress: Callable[[float], object]) -> tuple[str, ...] | None:
    recognizer = number_recognizer_or_notice()
    if not recognizer:
        return None
    speed = measure_line_speed(
        recognizer, strokes_to_png(write_number(_LONG, samples()), NUMBER_CANVAS_WIDTH), progress
    )
    return f"{speed.inference:.2f} ms", f"{speed.recognition:.2f} ms"
