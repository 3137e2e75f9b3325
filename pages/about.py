"""About: what happens to a drawing, what the models still get wrong, and how data is handled."""

import re
from pathlib import Path

import streamlit as st

from digitrec.prediction import InputMethod, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import samples, strokes_to_png
from digitrec.services import services
from digitrec.web.about.known_mistakes import show_known_mistakes
from digitrec.web.about.privacy import show_privacy
from digitrec.web.prediction.steps import show_steps
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.models import recognizer_or_notice
from digitrec.web.shared.router import require_router

require_router(__file__)

recognizer = recognizer_or_notice(services().model_names()[0])


@st.fragment
@admitted
def show_walkthrough(recognizer: DigitRecognizer) -> None:
    digit = st.pills("Sample digit", list(samples()), default=7, required=True, key="about-digit", wrap=True)
    prediction = recognizer.recognize(strokes_to_png(samples()[digit]), InputMethod.SAMPLE)
    show_steps(prediction.steps)
    st.markdown(
        f"{prediction.model} predicts **{prediction.label}** with **{percent(prediction.confidence)}** confidence. "
        f"All of this took {prediction.milliseconds:.1f} ms."
    )


# The comments in the text mark where the walkthrough and the known mistakes go.
introduction, numbers, background = re.split("<!--.*-->", Path(__file__).with_suffix(".md").read_text(encoding="utf-8"))
st.markdown(introduction)
if recognizer:
    show_walkthrough(recognizer)
st.markdown(numbers)
if recognizer:
    show_known_mistakes(recognizer)
st.markdown(background)
show_privacy()
