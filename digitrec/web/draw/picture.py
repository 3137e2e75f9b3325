"""The picture beside the result, on demand: the network input, or the pixels that the prediction depends on."""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum

import streamlit as st
from PIL import Image

from digitrec.errors import ModelError
from digitrec.prediction import AnyPrediction, Mode, Prediction, Verdict
from digitrec.recognition.automatic import AnyRecognizer
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.exploration.gradients import Gradients, gradient_times_input
from digitrec.services import services
from digitrec.web.prediction.result import result_html
from digitrec.web.prediction.saliency import overlay
from digitrec.web.shared.figures import data_url

_KEY = "picture"


class Picture(StrEnum):
    """What the picture shows."""

    INPUT = "Network input"
    SALIENCY = "Saliency map"


def show_picture_choice(recognizers: Sequence[AnyRecognizer]) -> Picture | None:
    """Show the choice of the picture, if one model recognizes digits, and return it; at first there is no picture."""
    if len(recognizers) != 1 or not isinstance(recognizers[0], DigitRecognizer):
        return None
    pictures = [*Picture] if _gradients(recognizers[0].model.card.name) else [Picture.INPUT]
    choice = st.segmented_control(
        "Image beside the prediction", pictures, label_visibility="collapsed", key=_KEY, persist_state="session"
    )
    return Picture(choice) if choice else None


def live_result_html(
    mode: Mode,
    predictions: Sequence[AnyPrediction],
    message: tuple[str, str] = ("", ""),
    picture: Picture | None = None,
) -> str:
    """Return the result of recognition with its picture, if one is chosen."""
    shown = _picture_html(picture, predictions[0] if predictions else None) if picture else ""
    return result_html(mode, predictions, message, shown)


def _picture_html(picture: Picture, prediction: AnyPrediction | None) -> str:
    if not isinstance(prediction, Prediction) or prediction.verdict is Verdict.BLANK:
        return '<div class="picture"></div>'
    image, name = Image.fromarray(prediction.steps[-1].image), str(picture)
    if picture is Picture.SALIENCY and (gradients := _gradients(prediction.model)):
        ink, digit = prediction.network_input, int(prediction.label)
        image, name = overlay(ink, gradient_times_input(gradients, ink, digit)), f"{picture} for {digit}"
    return f'<img class="picture" src="{data_url(image, 28)}" alt="{name}">'


def _gradients(model: str) -> Gradients | None:
    with suppress(ModelError):
        return services().gradients(model)
    return None
