"""The drawings that a model still gets wrong."""

import html
import io
from functools import cache

import streamlit as st
from PIL import Image

from digitrec.prediction import InputMethod, Prediction, Verdict, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import KnownMistake, known_mistakes, strokes_to_png
from digitrec.services import services
from digitrec.web.shared.names import VERDICT_SIGNS
from digitrec.web.shared.thumbnails import data_url

_SIDE = 264
"""Twice the displayed width in pixels, for high-resolution screens."""
_GRID = "display:grid;gap:1rem .75rem;grid-template-columns:repeat(auto-fill,minmax(108px,1fr))"


def show_known_mistakes(recognizer: DigitRecognizer) -> None:
    """Show the digits that a model gets wrong or isn't confident about, and the non-digits it accepts."""
    model = recognizer.model
    mistakes = [
        (drawing, prediction)
        for drawing, prediction in _predictions(model.card.name, model.version)
        if is_mistake(drawing, prediction)
    ]
    for heading, pairs in (
        ("Digits", [pair for pair in mistakes if pair[0].digit is not None]),
        ("Not digits", [pair for pair in mistakes if pair[0].digit is None]),
    ):
        if pairs:
            figures = "".join(_figure(drawing, prediction) for drawing, prediction in pairs)
            st.markdown(f"**{heading}**")
            st.html(f'<div style="{_GRID}">{figures}</div>')
    fixed = len(known_mistakes()) - len(mistakes)
    others = f" It gets the other {fixed} drawings of this collection right." if fixed else ""
    st.caption(f"Predicted just now by {model.card.name}.{others}")


def is_mistake(drawing: KnownMistake, prediction: Prediction) -> bool:
    """Return whether a digit isn't recognized with confidence, or a non-digit is."""
    if drawing.digit is None:
        return prediction.verdict is Verdict.DIGIT
    return (prediction.verdict, prediction.label) != (Verdict.DIGIT, str(drawing.digit))


@st.cache_resource(show_spinner="Recognizing the drawings")
def _predictions(name: str, version: str) -> list[tuple[KnownMistake, Prediction]]:
    """Return every drawing with its prediction by this version of a model."""
    recognizer = services().digit_recognizer(name)
    return [
        (drawing, recognizer.recognize(strokes_to_png(drawing.strokes), InputMethod.SAMPLE))
        for drawing in known_mistakes()
    ]


@cache
def _picture(drawing: KnownMistake) -> str:
    return data_url(Image.open(io.BytesIO(strokes_to_png(drawing.strokes))), _SIDE)


def _figure(drawing: KnownMistake, prediction: Prediction) -> str:
    description = html.escape(drawing.description[0].upper() + drawing.description[1:])
    return (
        f'<figure style="margin:0"><img src="{_picture(drawing)}" alt="{description}" style="width:100%;aspect-ratio:1;'
        f'border-radius:.4rem"><figcaption style="margin-top:.35rem;line-height:1.3">'
        f"{description}<br><b>{_outcome(prediction)}</b></figcaption></figure>"
    )


def _outcome(prediction: Prediction) -> str:
    sign, confidence = VERDICT_SIGNS[prediction.verdict], percent(prediction.confidence)
    if prediction.verdict is Verdict.DIGIT:
        return f"{sign} {prediction.label}, {confidence} confidence"
    if prediction.verdict is Verdict.UNSURE:
        return f"{sign} Unsure: {prediction.label}, {confidence}"
    return f"{sign} Rejected as {prediction.reason.description}" if prediction.reason else f"{sign} Rejected"
