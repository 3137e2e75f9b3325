"""The drawings that a model still gets wrong."""

import html

import streamlit as st
from PIL import Image

from digitrec.prediction import InputMethod, Mode, Prediction, Verdict, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import KnownMistake, known_mistakes, strokes_to_png
from digitrec.services import services
from digitrec.web.shared.figures import figure, show_figures
from digitrec.web.shared.names import REJECTED_NAMES, VERDICT_NAMES, VERDICT_SIGNS, count_noun


def show_known_mistakes(recognizer: DigitRecognizer) -> None:
    """Show the digits that a model gets wrong or isn't confident about, and the non-digits it accepts."""
    model = recognizer.model
    mistakes = [pair for pair in _predictions(model.card.name, model.version) if is_mistake(*pair)]
    for heading, is_digit in (("Digits", True), ("Non-digits", False)):
        if pairs := [pair for pair in mistakes if (pair[0].digit is not None) == is_digit]:
            st.markdown(f"**{heading}**")
            show_figures(_figure(*pair) for pair in pairs)
    fixed = len(known_mistakes()) - len(mistakes)
    others = f" It gets {count_noun(fixed, 'other drawing')} in this collection right." if fixed else ""
    st.caption(f"Predicted by {model.card.name}.{others}")


def is_mistake(drawing: KnownMistake, prediction: Prediction) -> bool:
    """Return whether a digit isn't recognized with confidence, or a non-digit is."""
    if drawing.digit is None:
        return prediction.verdict is Verdict.DIGIT
    return (prediction.verdict, prediction.label) != (Verdict.DIGIT, str(drawing.digit))


@st.cache_resource(show_spinner="Recognizing the drawings")
def _predictions(name: str, version: str) -> list[tuple[KnownMistake, Prediction]]:
    recognizer = services().digit_recognizer(name)
    return [
        (drawing, recognizer.recognize(strokes_to_png(drawing.strokes), InputMethod.SAMPLE))
        for drawing in known_mistakes()
    ]


def _figure(drawing: KnownMistake, prediction: Prediction) -> str:
    description = drawing.description[0].upper() + drawing.description[1:]
    caption = f"{html.escape(description)}<br><b>{_outcome(prediction)}</b>"
    return figure(Image.fromarray(prediction.steps[0].image), description, caption, 132)


def _outcome(prediction: Prediction) -> str:
    sign, confidence = VERDICT_SIGNS[prediction.verdict], percent(prediction.confidence)
    if prediction.verdict is Verdict.DIGIT:
        return f"{sign} {prediction.label}, {confidence} confidence"
    if prediction.verdict is Verdict.UNSURE:
        return f"{sign} {VERDICT_NAMES[prediction.verdict]}: {prediction.label}, {confidence}"
    kind = f": {prediction.reason.description}" if prediction.reason else ""
    return f"{sign} {REJECTED_NAMES[Mode.DIGIT]}{kind}"
