"""The history as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from digitrec.prediction import percent
from digitrec.storage.export import escape_formula
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.history.selection import is_selected, rows_key, select_rows
from digitrec.web.prediction.dialog import open_prediction
from digitrec.web.shared.figures import thumbnail
from digitrec.web.shared.local_time import to_local
from digitrec.web.shared.names import INPUT_METHOD_NAMES, VERDICT_NAMES, label_name

_COLUMNS: dict[str, Any] = {
    "picture": st.column_config.ImageColumn("Image", width="small"),
    "predicted": st.column_config.TextColumn("Predicted", width="small"),
    "label": st.column_config.TextColumn("Label", width="small"),
    "confidence": st.column_config.TextColumn("Confidence", width="small", alignment="right"),
    "verdict": "Verdict",
    "input": "Input",
    "time": st.column_config.DatetimeColumn("Time", format="localized"),
    "model": "Model",
    "milliseconds": st.column_config.NumberColumn("Milliseconds", format="%.2f"),
}
_OPTIONS: dict[str, Any] = {"hide_index": True, "row_height": 48, "height": "content", "alt": "Your predictions"}


def show_table(history: History, predictions: Sequence[SavedPrediction], selecting: bool) -> None:
    """Show predictions as a table, with a button to open each one, or with rows to select."""
    table = pd.DataFrame(
        {
            "picture": [thumbnail(history, saved, 56) for saved in predictions],
            "predicted": [saved.text for saved in predictions],
            "label": [label_name(saved) for saved in predictions],
            "confidence": [percent(saved.confidence) for saved in predictions],
            "verdict": [VERDICT_NAMES[saved.verdict] for saved in predictions],
            "input": [INPUT_METHOD_NAMES[saved.input_method] for saved in predictions],
            "time": [to_local(saved.created_at) for saved in predictions],
            "model": [escape_formula(saved.model) for saved in predictions],
            "milliseconds": [saved.milliseconds for saved in predictions],
        }
    )
    if selecting:
        rows = [row for row, saved in enumerate(predictions) if is_selected(saved)]
        event = st.dataframe(
            table,
            key=rows_key(predictions),
            column_config=_COLUMNS,
            on_select="rerun",
            selection_default={"selection": {"rows": rows}},
            **_OPTIONS,
        )
        select_rows(predictions, event["selection"]["rows"])
    else:
        prediction_ids = [saved.prediction_id for saved in predictions]
        button = st.column_config.ButtonColumn(
            "", key="opened-row", width="small", on_click=_open_row, args=(prediction_ids,)
        )
        table.insert(0, "open", "Open")
        st.dataframe(table, key="history-table", column_config={"open": button, **_COLUMNS}, **_OPTIONS)


def _open_row(prediction_ids: list[int]) -> None:
    # The IDs come from the table that was clicked: by now there may be newer predictions above them.
    open_prediction(prediction_ids[st.session_state["opened-row"].row])
