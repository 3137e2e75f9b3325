"""The result of recognition in either mode, and the details behind it."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.prediction import digit_result, number_result
from digitrec.web.prediction.saliency import show_saliency
from digitrec.web.prediction.steps import show_all_steps

STEPS_KEY, SALIENCY_KEY = "steps", "saliency"
SALIENCY_LABEL = "Saliency map"
SALIENCY_HELP = "Which parts of the drawing led to this prediction?"


class Details(NamedTuple):
    """The details a user wants to see below the result."""

    steps: bool
    saliency: bool


def show_result(mode: Mode, predictions: Sequence[AnyPrediction], message: tuple[str, str] = ("", "")) -> None:
    """Show the prediction of one model or, of a digit, of two; without any, a message: a heading and a sentence."""
    if mode is Mode.DIGIT:
        digit_result.show_digits([item for item in predictions if isinstance(item, Prediction)], message)
    else:
        numbers = [item for item in predictions if isinstance(item, NumberPrediction)]
        number_result.show_number(numbers[0] if numbers else None, message)


def announcement(predictions: Sequence[AnyPrediction]) -> str:
    """Return the result as text for screen readers; with two models, each with its name."""
    texts = [". ".join(filter(None, (prediction.text, *_describe(prediction)))) for prediction in predictions]
    if len(texts) == 1:
        return texts[0]
    return " ".join(
        f"{prediction.model}: {text.rstrip('.')}." for prediction, text in zip(predictions, texts, strict=True)
    )


def _describe(prediction: AnyPrediction) -> tuple[str, str]:
    if isinstance(prediction, NumberPrediction):
        return number_result.describe(prediction)
    return digit_result.describe(prediction)


def show_detail_toggles(mode: Mode) -> Details:
    """Show the toggles for preprocessing steps and saliency, and return what is switched on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        steps = st.toggle("Preprocessing steps", key=STEPS_KEY, persist_state="session")
        # Saliency is computed for the classifier of single digits only.
        saliency = mode is Mode.DIGIT and st.toggle(
            SALIENCY_LABEL, key=SALIENCY_KEY, help=SALIENCY_HELP, persist_state="session"
        )
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
