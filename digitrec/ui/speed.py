"""How fast a model reads on the machine of the server, measured when somebody asks."""

import streamlit as st

from digitrec.recognition.speed import BATCH, Speed, measured_speed
from digitrec.samples import png, samples
from digitrec.ui.recognizers import recognizer_or_notice

_TEXT = "Reading"


@st.fragment
def show_speed(name: str) -> None:
    """Show a button that measures, and what was measured last in this session."""
    st.header("How fast is it on this machine?")
    measured: dict[str, Speed] = st.session_state.setdefault("speeds", {})
    if st.button("Measure", icon=":material/speed:", help="Takes a few seconds and one core of the server."):
        recognizer = recognizer_or_notice(name)
        if not recognizer:
            return
        bar = st.progress(0.0, _TEXT)
        drawings = [png(strokes) for strokes in samples().values()]
        measured[name] = measured_speed(recognizer, drawings, lambda done: bar.progress(done, _TEXT))
        bar.empty()
    speed = measured.get(name)
    with st.grid("auto", min_column_width=220):
        st.metric("One digit through the network", f"{speed.inference:.2f} ms" if speed else "–", border=True)
        st.metric("From a drawing to its answer", f"{speed.reading:.2f} ms" if speed else "–", border=True)
        rate = f"{speed.digits_a_second:,.0f} a second" if speed else "–"
        st.metric(f"Digits in batches of {BATCH}", rate, border=True)
    st.caption("Medians, on one core, with whatever else the server does meanwhile.")
