"""The steps from a sample drawing to its prediction."""

import streamlit as st

from digitrec.prediction import InputMethod, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import samples, strokes_to_png
from digitrec.web.prediction.steps import show_steps


@st.fragment
def show_walkthrough(recognizer: DigitRecognizer) -> None:
    """Let the user pick a sample digit, and show every step to its prediction."""
    digit = st.pills("Sample digit", list(samples()), default=7, required=True, key="about-digit", wrap=True)
    prediction = recognizer.recognize(strokes_to_png(samples()[digit]), InputMethod.SAMPLE)
    show_steps(prediction.steps)
    st.markdown(
        f"{prediction.model} predicts **{prediction.label}** with **{percent(prediction.confidence)}** confidence. "
        f"All of this took {prediction.milliseconds:.1f} ms."
    )
