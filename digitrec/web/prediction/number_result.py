"""The answer in number mode: the number, how sure the network is, and where it saw each digit."""

import html
from dataclasses import replace

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.imaging.trace import render_step
from digitrec.prediction import NON_DIGIT, NumberDigit, NumberPrediction, NumberVerdict, percent
from digitrec.web.shared.colors import ACCENT, TRACK
from digitrec.web.shared.names import VERDICT_SIGNS
from digitrec.web.shared.thumbnails import data_url

_LARGEST, _ALL_OF_IT = 5.0, 32.0
"""How large the number is written, and how wide all of it may be on a phone, in rem."""
_USUAL, _SMALL, _FEW = (0.85, 3.1), (0.7, 2.4), 6
"""How large a digit's probability is written, and how wide it is, in rem: with more than so many digits small, so that
eight stand in a row on a phone."""
_PICTURE, _SIDE = 140, 600
"""How high the picture with its boxes is shown, and how many pixels a side it has at most."""


def show_message(title: str, detail: str) -> None:
    """Show what to do, or why there is no answer, in the place where the answer will be."""
    st.html(_headline("", title, detail) + _picture(None) + _cells(()))


def show_number(prediction: NumberPrediction) -> None:
    """Show a number, the box of each of its digits on what came in, and what else it may be."""
    title, detail = _words(prediction)
    sign = VERDICT_SIGNS[prediction.verdict]
    st.html(
        _headline(prediction.text, f"{sign} {title}".lstrip(), detail)
        + _picture(prediction)
        + _cells(prediction.digits)
    )


def announcement(prediction: NumberPrediction) -> str:
    """What was read, in words for who listens to the page."""
    return ". ".join(filter(None, (prediction.text, *_words(prediction))))


def _words(prediction: NumberPrediction) -> tuple[str, str]:
    if prediction.verdict is NumberVerdict.BLANK:
        return "No writing found", "The line is empty: nothing on it stands out from the paper."
    whole = f"{percent(prediction.confidence)} confidence in the whole number"
    others = [f"{other.text or 'nothing'} ({percent(other.probability)})" for other in prediction.alternatives]
    otherwise = f"; or {', '.join(others)}" if others else ""
    if prediction.verdict is NumberVerdict.NOT_A_NUMBER:
        if not set(prediction.label) - {NON_DIGIT}:
            reasons = prediction.doubts or ("It may be letters, a scribble or a shape.",)
            return "Not a number", " ".join(("Nothing in it looks like a digit.", *reasons))
        likeliest = f"{prediction.label} ({percent(prediction.confidence)})"
        return "Not a number", f"No reading of it is likely enough. The likeliest: {likeliest}{otherwise}."
    unknown = f" A {NON_DIGIT} stands for what is no digit." if NON_DIGIT in prediction.label else ""
    detail = " ".join((f"{whole}{otherwise}.{unknown}", *prediction.doubts))
    return "Sure" if prediction.verdict is NumberVerdict.NUMBER else "Unsure", detail


def _headline(number: str, verdict: str, detail: str) -> str:
    shown = html.escape(number) or '<span style="opacity:.25" aria-hidden="true">?</span>'
    size = min(_LARGEST, _ALL_OF_IT / max(len(number), 1))
    return (
        f'<div style="height:{_LARGEST + 0.5}rem;display:flex;align-items:center;font-size:{size:.2f}rem;line-height:1;'
        f'font-weight:700">{shown}</div><div style="min-height:6.75rem">'
        f'<div style="font-size:1.35rem;font-weight:600">{html.escape(verdict)}</div>'
        f"<div>{html.escape(detail)}</div></div>"
    )


def _picture(prediction: NumberPrediction | None) -> str:
    picture = ""
    if prediction and prediction.digits:
        picture = (
            f'<img src="{data_url(_boxed(prediction), _SIDE)}" alt="What came in, with a box for each digit" '
            f'style="max-width:100%;max-height:{_PICTURE}px;border-radius:.4rem">'
        )
    return f'<div style="height:{_PICTURE}px;margin:.5rem 0 .75rem">{picture}</div>'


def _boxed(prediction: NumberPrediction) -> Image.Image:
    """What came in, where the number is, with a box for each of its digits."""
    step, boxes = prediction.steps[0], np.array([digit.box for digit in prediction.digits])
    beside = (boxes[:, 3] - boxes[:, 1]).max() / 2
    left, top = np.maximum(boxes[:, :2].min(0) - beside, 0).astype(int)
    right, bottom = np.ceil(boxes[:, 2:].max(0) + beside).astype(int)
    there = replace(step, image=step.image[top:bottom, left:right])
    return render_step(there, _SIDE, [tuple(box) for box in boxes - (left, top, left, top)])


def _cells(digits: tuple[NumberDigit, ...]) -> str:
    size, width = _SMALL if len(digits) > _FEW else _USUAL
    cells = "".join(
        f'<div role="listitem" style="width:{width}rem">'
        f'<b style="font-size:1rem">{html.escape(digit.label)}</b>'
        f'<span style="display:block;height:.5rem;margin:.2rem 0;border-radius:.25rem;background:{TRACK}">'
        f'<span style="display:block;height:100%;border-radius:.25rem;width:{digit.confidence:.2%};'
        f'background:{ACCENT}"></span></span>{html.escape(percent(digit.confidence))}</div>'
        for digit in digits
    )
    return (
        '<div role="list" aria-label="Probability of each digit" style="display:flex;flex-wrap:wrap;gap:.5rem .4rem;'
        f'min-height:4rem;text-align:center;font-size:{size}rem;font-variant-numeric:tabular-nums">{cells}</div>'
    )
