"""The result of recognition in either mode, and the details behind it."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.prediction import digit_result, number_result
from digitrec.web.prediction.saliency import show_saliency
from digitrec.web.prediction.steps import show_download, show_line_steps, show_pixels, show_steps

STEPS_KEY, SALIENCY_KEY = "steps", "saliency"
SALIENCY_LABEL = "Why this prediction?"


class Details(NamedTuple):
    """The details a user wants to see below the result."""

    steps: bool
    saliency: bool


def show_message(mode: Mode, title: str, detail: str) -> None:
    """Show an instruction or an error where the result will be."""
    (digit_result if mode is Mode.DIGIT else number_result).show_message(title, detail)


def show_result(predictions: Sequence[AnyPrediction]) -> None:
    """Show the prediction of a number, or the predictions of a digit by one model or two."""
    match predictions:
        case [NumberPrediction() as number]:
            number_result.show_number(number)
        case digits:
            digit_result.show_results([digit for digit in digits if isinstance(digit, Prediction)])


def announcement(predictions: Sequence[AnyPrediction]) -> str:
    """Return the result as text for screen readers."""
    match predictions:
        case [NumberPrediction() as number]:
            return number_result.announcement(number)
        case digits:
            return digit_result.announcement([digit for digit in digits if isinstance(digit, Prediction)])


def show_all_steps(prediction: AnyPrediction) -> None:
    """Show every preprocessing step of a prediction; for a number, those of each digit too."""
    if isinstance(prediction, NumberPrediction):
        show_line_steps(prediction)
    else:
        show_steps(prediction.steps)
        show_pixels(prediction.steps)
        show_download(prediction.steps)


def show_detail_toggles(mode: Mode) -> Details:
    """Show the toggles for preprocessing steps and saliency, and return what is switched on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        steps = st.toggle("Show preprocessing steps", key=STEPS_KEY, persist_state="session")
        # Saliency is computed for the classifier of single digits only.
        saliency = mode is Mode.DIGIT and st.toggle(SALIENCY_LABEL, key=SALIENCY_KEY, persist_state="session")
    return Details(steps, saliency)


def show_details(details: Details, recognizers: Sequence[AnyRecognizer], predictions: Sequence[AnyPrediction]) -> None:
    """Show the details that are switched on."""
    if any(details) and not predictions:
        st.caption("Draw something to see this.")
    elif details.steps:
        show_all_steps(predictions[0])
    if details.saliency:
        for recognizer, prediction in zip(recognizers, predictions, strict=False):
            if isinstance(recognizer, DigitRecognizer) and isinstance(prediction, Prediction):
                show_saliency(recognizer, prediction)
