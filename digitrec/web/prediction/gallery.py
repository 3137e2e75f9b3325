"""Records as thumbnails and as a table."""

from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import Verdict, percent
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.history.selection import show_checkbox
from digitrec.web.prediction.dialog import open_prediction
from digitrec.web.shared.names import NOTHING, VERDICT_SIGNS, truth
from digitrec.web.shared.thumbnails import picture_of


def show_gallery(history: History, shown: Sequence[SavedPrediction], selecting: bool) -> None:
    """Show records as pictures, each with a button that opens it, or with a checkbox that selects it."""
    with st.grid("auto", min_column_width=100):
        for saved in shown:
            with st.container(gap="xsmall"):
                st.html(picture_of(history, saved, 126, "100%"))
                if selecting:
                    show_checkbox(saved, _label(saved))
                else:
                    st.button(
                        _label(saved),
                        key=f"open-{saved.prediction_id}",
                        width="stretch",
                        on_click=open_prediction,
                        args=(saved.prediction_id,),
                    )


def _label(saved: SavedPrediction) -> str:
    sign = VERDICT_SIGNS[saved.verdict]
    told = f" · is {truth(saved)}" if truth(saved) not in ("", saved.text or NOTHING[saved.mode]) else ""
    if not saved.text:
        return f"{sign} {NOTHING[saved.mode]}{told}"
    doubt = f" {sign}" if saved.verdict == Verdict.UNSURE else ""
    return f"**{saved.text}**{doubt} · {percent(saved.confidence)}{told}"
