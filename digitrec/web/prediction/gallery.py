"""Saved predictions as a gallery of thumbnails."""

from collections.abc import Callable, Sequence

import streamlit as st

from digitrec.prediction import Verdict, percent
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.prediction.dialog import open_prediction
from digitrec.web.shared.figures import thumbnail_html
from digitrec.web.shared.names import REJECTED_NAMES, VERDICT_SIGNS, label_name


def show_open_button(saved: SavedPrediction, label: str) -> None:
    """Show the button that opens a prediction."""
    key, args = f"open-{saved.prediction_id}", (saved.prediction_id,)
    st.button(label, key=key, width="stretch", on_click=open_prediction, args=args)


def show_gallery(
    history: History,
    predictions: Sequence[SavedPrediction],
    show_control: Callable[[SavedPrediction, str], object] = show_open_button,
) -> None:
    """Show predictions as pictures with a control below each one, which gets the prediction and its label."""
    with st.grid("auto", min_column_width=100):
        for saved in predictions:
            with st.container(gap="xsmall"):
                st.html(thumbnail_html(history, saved, 126, "100%"))
                show_control(saved, _label(saved))


def _label(saved: SavedPrediction) -> str:
    sign = VERDICT_SIGNS[saved.verdict]
    predicted, label = saved.text or REJECTED_NAMES[saved.mode], label_name(saved)
    correction = f" · labeled {label.lower()}" if label not in ("", predicted) else ""
    if not saved.text:
        return f"{sign} {predicted}{correction}"
    doubt = f" {sign}" if saved.verdict == Verdict.UNSURE else ""
    return f"**{predicted}**{doubt} · {percent(saved.confidence)}{correction}"
