"""The history as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from digitrec.prediction import percent
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.history.selection import is_selected, rows_key, select_rows
from digitrec.web.prediction.dialog import open_prediction
from digitrec.web.shared.local_time import local
from digitrec.web.shared.names import INPUT_METHOD_NAMES, VERDICT_NAMES, truth
from digitrec.web.shared.thumbnails import thumbnail


def show_table(history: History, shown: Sequence[SavedPrediction], selecting: bool) -> None:
    """Show records as a table, each row with a button that opens it, or to select rows from."""
    table = pd.DataFrame(
        {
            "open": "Open",
            "picture": [thumbnail(history, saved, 56) for saved in shown],
            "read": [saved.text for saved in shown],
            "really": [truth(saved) for saved in shown],
            "confidence": [percent(saved.confidence) for saved in shown],
            "verdict": [VERDICT_NAMES[saved.verdict] for saved in shown],
            "source": [INPUT_METHOD_NAMES[saved.input_method] for saved in shown],
            "time": [local(saved.created_at) for saved in shown],
            "model": [saved.model for saved in shown],
            "milliseconds": [saved.milliseconds for saved in shown],
        }
    )
    options: dict[str, Any] = {
        "hide_index": True,
        "row_height": 48,
        "height": "content",
        "column_config": {
            "open": st.column_config.ButtonColumn(
                "",
                key="opened-row",
                width="small",
                on_click=_open_row,
                args=([saved.prediction_id for saved in shown],),
            ),
            "picture": st.column_config.ImageColumn("Picture", width="small"),
            "read": st.column_config.TextColumn("Read as", width="small"),
            "really": st.column_config.TextColumn("Really", width="small"),
            "confidence": st.column_config.TextColumn("Confidence", width="small", alignment="right"),
            "verdict": "Verdict",
            "source": "Entered",
            "time": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm:ss"),
            "model": "Model",
            "milliseconds": st.column_config.NumberColumn("Milliseconds", format="%.2f"),
        },
        "alt": "Your records",
    }
    if selecting:
        rows = [place for place, saved in enumerate(shown) if is_selected(saved)]
        chosen = st.dataframe(
            table.drop(columns="open"),
            key=rows_key(shown),
            on_select="rerun",
            selection_default={"selection": {"rows": rows}},
            **options,
        )
        select_rows(shown, chosen["selection"]["rows"])
    else:
        st.dataframe(table, key="history-table", **options)


def _open_row(prediction_ids: list[int]) -> None:
    # The ids are those the clicked table showed; by now there may be newer records above them.
    open_prediction(prediction_ids[st.session_state["opened-row"].row])
