"""The answer in either mode, and a look inside."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.prediction import digit_result as result
from digitrec.web.prediction import number_result
from digitrec.web.prediction.saliency import show_explanation
from digitrec.web.prediction.steps import show_download, show_line_steps, show_pixels, show_steps


class Inside(NamedTuple):
    """What is to be looked at beside the answer."""

    shows_steps: bool
    explains: bool


def show_message(mode: Mode, title: str, detail: str) -> None:
    """Show what to do, or why there is no answer, in the place where the answer will be."""
    (result if mode is Mode.DIGIT else number_result).show_message(title, detail)


def show_answer(predictions: Sequence[AnyPrediction]) -> None:
    """Show what was read: a number, or the digit that one model read or two did."""
    match predictions:
        case [NumberPrediction() as number]:
            number_result.show_number(number)
        case digits:
            result.show_results([one for one in digits if isinstance(one, Prediction)])


def announcement(predictions: Sequence[AnyPrediction]) -> str:
    """What was read, in words for who listens to the page."""
    match predictions:
        case [NumberPrediction() as number]:
            return number_result.announcement(number)
        case digits:
            return result.announcement([one for one in digits if isinstance(one, Prediction)])


def show_every_step(prediction: AnyPrediction) -> None:
    """Show every step of preprocessing that a recognition brings, and of a number those of each digit too."""
    if isinstance(prediction, NumberPrediction):
        show_line_steps(prediction)
    else:
        show_steps(prediction.steps)
        show_pixels(prediction.steps)
        show_download(prediction.steps)


def choose_inside(mode: Mode) -> Inside:
    """Show the choice to look at every step of preprocessing and at reasons, and return it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        shows_steps = st.toggle("Show every step of preprocessing", key="debug", persist_state="session")
        # Why is a question to the network of single digits.
        explains = mode is Mode.DIGIT and st.toggle("Why this answer?", key="why", persist_state="session")
    return Inside(shows_steps, explains)


def show_inside(inside: Inside, recognizers: Sequence[AnyRecognizer], predictions: Sequence[AnyPrediction]) -> None:
    """Show what was chosen to be looked at."""
    if any(inside) and not predictions:
        st.caption("This appears once there is something to read.")
    elif inside.shows_steps:
        show_every_step(predictions[0])
    if inside.explains:
        for recognizer, prediction in zip(recognizers, predictions, strict=False):
            if isinstance(recognizer, DigitRecognizer) and isinstance(prediction, Prediction):
                show_explanation(recognizer, prediction)
