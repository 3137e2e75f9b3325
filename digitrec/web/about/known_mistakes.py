"""What a model still gets wrong: drawings of ours, read anew."""

import html
import io
from functools import cache

import streamlit as st
from PIL import Image

from digitrec.prediction import InputMethod, Prediction, Verdict, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import KnownMistake, known_mistakes, strokes_to_png
from digitrec.web.shared.models import load_digit_recognizer
from digitrec.web.shared.names import VERDICT_SIGNS
from digitrec.web.shared.thumbnails import data_url

_SIDE = 264
"""Twice as many pixels as a picture is wide, for screens that have them."""
_GRID = "display:grid;gap:1rem .75rem;grid-template-columns:repeat(auto-fill,minmax(108px,1fr))"


def show_known_mistakes(recognizer: DigitRecognizer) -> None:
    """Show the drawings that this model reads wrong, is unsure of or refuses, and no digits that it takes for one."""
    model = recognizer.model
    wrong = [
        (mistake, found) for mistake, found in _readings(model.card.name, model.version) if is_mistake(mistake, found)
    ]
    for heading, shown in (
        ("Digits", [pair for pair in wrong if pair[0].digit is not None]),
        ("What is no digit", [pair for pair in wrong if pair[0].digit is None]),
    ):
        if shown:
            figures = "".join(_figure(mistake, found) for mistake, found in shown)
            st.markdown(f"**{heading}**")
            st.html(f'<div style="{_GRID}">{figures}</div>')
    mended = len(known_mistakes()) - len(wrong)
    others = f" The other {mended} drawings of this collection it reads as it should." if mended else ""
    st.caption(f"Read just now by {model.card.name}.{others}")


def is_mistake(mistake: KnownMistake, found: Prediction) -> bool:
    """Whether a drawing was not read as a person would read it: a digit as itself and surely, anything else not so."""
    if mistake.digit is None:
        return found.verdict is Verdict.DIGIT
    return (found.verdict, found.label) != (Verdict.DIGIT, str(mistake.digit))


@st.cache_resource(show_spinner="Reading the drawings")
def _readings(name: str, version: str) -> list[tuple[KnownMistake, Prediction]]:
    """What this version of a model says of each drawing."""
    recognizer = load_digit_recognizer(name)
    return [
        (mistake, recognizer.recognize(strokes_to_png(mistake.strokes), InputMethod.SAMPLE))
        for mistake in known_mistakes()
    ]


@cache
def _picture(mistake: KnownMistake) -> str:
    return data_url(Image.open(io.BytesIO(strokes_to_png(mistake.strokes))), _SIDE)


def _figure(mistake: KnownMistake, found: Prediction) -> str:
    what = html.escape(mistake.description[0].upper() + mistake.description[1:])
    return (
        f'<figure style="margin:0"><img src="{_picture(mistake)}" alt="{what}" style="width:100%;aspect-ratio:1;'
        f'border-radius:.4rem"><figcaption style="margin-top:.35rem;line-height:1.3">'
        f"{what}<br><b>{_said(found)}</b></figcaption></figure>"
    )


def _said(found: Prediction) -> str:
    sign, confidence = VERDICT_SIGNS[found.verdict], percent(found.confidence)
    if found.verdict is Verdict.DIGIT:
        return f"{sign} Read as {found.label}, {confidence} sure"
    if found.verdict is Verdict.UNSURE:
        return f"{sign} Unsure: {found.label}, {confidence}"
    return f"{sign} Refused as {found.reason.description}" if found.reason else f"{sign} Refused"
