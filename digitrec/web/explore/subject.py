"""The subject of the Explore page: a drawing, a model, and another model to compare it with."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from digitrec.errors import ImageError, StorageError
from digitrec.imaging.arrays import Ink
from digitrec.imaging.normalize import CROP
from digitrec.imaging.strokes import render
from digitrec.prediction import InputMethod, Mode, Prediction, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer, preprocess
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.services import services
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.prediction.gallery import gallery, picture_label
from digitrec.web.shared.figures import data_url, describe, thumbnail
from digitrec.web.shared.models import recognizer_or_notice
from digitrec.web.shared.names import PREDICTION, drawing_name

Drawing = int | SavedPrediction  # A sample, given by its digit, or a saved prediction.
NO_MODEL = "No other model"
_RECENT = 24
_SIDE = 88
_FIT = 200  # Longer side, on the canvas, of the ink of an image.


@dataclass(frozen=True, slots=True)
class Subject:
    """A drawing to explore, with the models and their predictions."""

    name: str
    ink: Ink  # (280, 280)
    recognizers: tuple[DigitRecognizer, ...]  # One or two.
    predictions: tuple[Prediction, ...]  # The prediction of each model.

    @property
    def recognizer(self) -> DigitRecognizer:
        """The recognizer of the first model."""
        return self.recognizers[0]

    @property
    def prediction(self) -> Prediction:
        """The prediction of the first model."""
        return self.predictions[0]

    @property
    def image(self) -> NDArray[np.float32]:
        """The network input (28, 28) in [0, 1]."""
        return self.prediction.network_input


def choose_subject(history: History) -> Subject | None:
    """Let the user choose a drawing and models; show a message and return None if the drawing can't be explored."""
    names = services().model_names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose_drawing(history, "Drawing", "drawing")
        model = st.selectbox("Model", names, key="explored-model", bind="query-params", width=220)
        others = [NO_MODEL, *(name for name in names if name != model)]
        other = NO_MODEL
        if len(names) > 1:
            other = st.selectbox("Compare with", others, key="other-model", bind="query-params", width=220)
    recognizers = [recognizer_or_notice(name) for name in (model, other) if name != NO_MODEL]
    if None in recognizers:
        return None
    subject = make_subject(history, *chosen, tuple(filter(None, recognizers)))
    if subject and subject.prediction.reason:
        kind = subject.prediction.reason.description
        st.caption(
            f":material/info: {model} rejects this drawing: it looks like {kind}. Choose another drawing to see one "
            "that is recognized."
        )
    return subject


def choose_drawing(history: History, label: str, key: str, first: int = 7) -> tuple[str, Drawing]:
    """Let the user choose a sample or one of the newest digit predictions, and return its name and the drawing.

    The sample of the digit ``first`` is selected initially.
    """
    drawings: dict[str, Drawing] = {f"Sample {digit}": digit for digit in samples()}
    default = list(drawings)[first]
    with suppress(StorageError):
        chosen = str(st.session_state.get(key) or st.query_params.get(key, default))
        recent = history.page(Filter(modes=(Mode.DIGIT,)), Order.NEWEST, _RECENT)
        linked = _linked(history, chosen)
        if linked and linked.prediction_id not in [saved.prediction_id for saved in recent]:
            recent = [linked, *recent]
        drawings |= {drawing_name(saved): saved for saved in recent if saved.verdict is not Verdict.BLANK}
        if linked and chosen not in drawings:
            st.session_state[key] = chosen = drawing_name(linked)
        if chosen not in drawings:
            st.toast(f"The linked drawing isn't in your history. It may have been deleted. Here is {default} instead.")
    name = st.selectbox(label, list(drawings), index=first, key=key, bind="query-params", width=260)
    opened = f"{key}-pictures"
    with st.popover("Choose by image", icon=":material/grid_view:", key=opened, on_change="rerun") as popover:
        if popover.open:
            with gallery(_SIDE):
                for option, drawing in drawings.items():
                    text = option.split(":")[0]
                    if isinstance(drawing, int):
                        picture = _sample_url(drawing), ""  # The text below says it all.
                    else:
                        picture = thumbnail(history, drawing, 2 * _SIDE), describe(drawing)
                    label, args = picture_label(*picture, text), (key, option)
                    st.button(label, key=f"{key}-{option}", width="stretch", on_click=_select, args=args)
    return name, drawings[name]


def make_subject(
    history: History, name: str, drawing: Drawing, recognizers: tuple[DigitRecognizer, ...]
) -> Subject | None:
    """Return a drawing with its predictions; show a message and return None if it can't be explored."""
    ink = _ink(history, drawing)
    if ink is None:
        st.markdown("The image of this prediction is missing or damaged. Choose another drawing.")
        return None
    predictions = tuple(recognizer.recognize_ink(ink) for recognizer in recognizers)
    if predictions[0].verdict is Verdict.BLANK:
        st.markdown("This drawing has no ink. Choose another one, or draw a digit.")
        st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
        return None
    return Subject(name, ink, recognizers, predictions)


def _ink(history: History, drawing: Drawing) -> Ink | None:
    if isinstance(drawing, int):
        return render(samples()[drawing], CANVAS_SIDE)
    data = history.picture(drawing)
    if not data:
        return None
    try:
        _, steps = preprocess(data, drawing.input_method)
    except ImageError:
        return None
    if drawing.input_method in (InputMethod.CANVAS, InputMethod.SAMPLE) and steps[0].image.shape == (280, 280):
        return np.asarray(steps[0].image, np.uint8)
    crop = next((step.image for step in steps if step.name == CROP), np.zeros((1, 1), np.uint8))
    return _on_canvas(crop)


def _on_canvas(crop: Ink) -> Ink:
    """Return the ink of an image in the middle of a canvas, so that it can be varied like a drawing."""
    scale = _FIT / max(crop.shape)
    # Even the thinnest line keeps one pixel.
    height, width = (max(1, round(scale * side)) for side in crop.shape)
    canvas = Image.new("L", (CANVAS_SIDE, CANVAS_SIDE))
    fitted = Image.fromarray(crop).resize((width, height), Image.Resampling.BILINEAR)
    canvas.paste(fitted, ((CANVAS_SIDE - width) // 2, (CANVAS_SIDE - height) // 2))
    return np.asarray(canvas)


def _select(key: str, name: str) -> None:
    st.session_state.update({key: name, f"{key}-pictures": False})


@cache
def _sample_url(digit: int) -> str:
    return data_url(Image.fromarray(render(samples()[digit], CANVAS_SIDE)), 2 * _SIDE)


def _linked(history: History, name: str) -> SavedPrediction | None:
    # Only the number counts: what was predicted changes if the drawing is continued.
    found = re.match(rf"{PREDICTION} (\d{{1,15}})\b", name)
    saved = history.get(int(found[1])) if found else None
    return saved if saved and saved.mode is Mode.DIGIT else None
