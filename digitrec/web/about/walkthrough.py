"""How a drawing becomes an answer, step by step, and what happens to drawings."""

import streamlit as st

from digitrec.prediction import InputMethod, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import samples, strokes_to_png
from digitrec.web.prediction.steps import show_steps


@st.fragment
def show_walkthrough(recognizer: DigitRecognizer) -> None:
    """Show the way of one of our samples, chosen here, through every step to the answer."""
    digit = st.pills("A sample drawn by us", list(samples()), default=7, required=True, key="about-digit", wrap=True)
    found = recognizer.recognize(strokes_to_png(samples()[digit]), InputMethod.SAMPLE)
    show_steps(found.steps)
    st.markdown(
        f"{found.model} gives {found.label} a probability of **{percent(found.confidence)}**. "
        f"From the drawing to here it took {found.milliseconds:.1f} ms."
    )
