"""The speed of a model on this server, measured when the user asks for it."""

import streamlit as st

from digitrec.config import LINE
from digitrec.recognition.timing import BATCH_SIZE, measure_speed
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.models import number_recognizer_or_notice, recognizer_or_notice
from digitrec.web.shared.names import UNKNOWN
from digitrec.web.shared.session import session

_NUMBER = "12345678"
_DIGIT_METRICS = ("Model only, one digit", "Drawing to prediction", f"Model only, batches of {BATCH_SIZE}")
_LINE_METRICS = ("Model only, eight digits", "Drawing of eight digits to prediction")


@st.fragment
@admitted
def show_speed(name: str) -> None:
    """Show a button that measures the speed, and the last results of this session."""
    st.header("Speed")
    measured = session().measured_speeds
    if st.button("Measure", icon=":material/speed:", help="Takes a few seconds and one CPU core of the server."):
        recognizer = number_recognizer_or_notice() if name == LINE else recognizer_or_notice(name)
        if not recognizer:
            return
        with st.spinner("Measuring"):
            speed = measure_speed(recognizer, _drawings(name))
        measured[name] = (f"{speed.inference:.2f} ms", f"{speed.recognition:.2f} ms")
        if name != LINE:
            measured[name] += (f"{speed.digits_per_second:,.0f} digits/s",)
    labels = _LINE_METRICS if name == LINE else _DIGIT_METRICS
    with st.grid("auto", min_column_width=220):
        for label, value in zip(labels, measured.get(name, [UNKNOWN] * len(labels)), strict=True):
            st.metric(label, value, border=True)
    st.caption("Medians on one CPU core of this server, while it also serves other users.")


def _drawings(name: str) -> list[bytes]:
    if name == LINE:
        return [strokes_to_png(write_number(_NUMBER, samples()), NUMBER_CANVAS_WIDTH)]
    return [strokes_to_png(strokes) for strokes in samples().values()]
