"""Saved predictions as a gallery of thumbnails."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import streamlit as st

from digitrec.prediction import InputMethod, Verdict, percent
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.prediction.dialog import open_prediction
from digitrec.web.shared.figures import describe, thumbnail
from digitrec.web.shared.names import REJECTED_NAMES, VERDICT_SIGNS, label_name

_STYLE = Path(__file__).with_suffix(".css")


def show_open_button(saved: SavedPrediction, label: str) -> None:
    """Show the button that opens a prediction."""
    key, args = f"open-{saved.prediction_id}", (saved.prediction_id,)
    st.button(label, key=key, width="stretch", wrap=True, on_click=_open, args=args)


def _open(prediction_id: int) -> None:
    open_prediction(prediction_id)
    # A dialog that the fragment of the gallery showed couldn't be closed with Back, so the page shows it.
    st.rerun()


def show_gallery(
    history: History,
    predictions: Sequence[SavedPrediction],
    show_control: Callable[[SavedPrediction, str], object] = show_open_button,
) -> None:
    """Show a control for each prediction, which gets the prediction and its label: the picture with a text below it."""
    with gallery(100):
        for saved in predictions:
            show_control(saved, picture_label(thumbnail(history, saved, 126), describe(saved), _text(saved)))
    if any(saved.input_method is InputMethod.SAMPLE for saved in predictions):
        st.caption("Drawings with a dashed outline started from a sample.")


def gallery(min_column_width: int) -> AbstractContextManager[object]:
    """Return a grid of buttons or checkboxes that have pictures as labels."""
    st.html(_STYLE)
    return st.grid("auto", min_column_width=min_column_width)


def picture_label(url: str, alt: str, text: str) -> str:
    """Return the label of a button or a checkbox in a gallery: a picture, by its URL, and a text below it."""
    return f"![{alt}]({url}) {text}"


def _text(saved: SavedPrediction) -> str:
    sign = VERDICT_SIGNS[saved.verdict]
    predicted, label = saved.text or REJECTED_NAMES[saved.mode], label_name(saved)
    correction = f" · labeled {label.lower()}" if label not in ("", predicted) else ""
    if not saved.text:
        return f"{sign} {predicted}{correction}"
    doubt = f" {sign}" if saved.verdict == Verdict.UNSURE else ""
    return f"**{predicted}**{doubt} · {percent(saved.confidence)}{correction}"
