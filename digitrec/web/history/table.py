"""The history as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from digitrec.prediction import percent
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.web.history.selection import is_selected, rows_key, select_rows
from digitrec.web.prediction.dialog import open_record
from digitrec.web.shared.local_time import local
from digitrec.web.shared.names import SOURCE_NAMES, VERDICT_NAMES, truth
from digitrec.web.shared.thumbnails import thumbnail


def show_table(records: Records, shown: Sequence[Record], selecting: bool) -> None:
    """Show records as a table, each row with a button that opens it, or to select rows from."""
    table = pd.DataFrame(
        {
            "open": "Open",
            "picture": [thumbnail(records, record, 56) for record in shown],
            "read": [record.text for record in shown],
            "really": [truth(record) for record in shown],
            "confidence": [percent(record.confidence) for record in shown],
            "verdict": [VERDICT_NAMES[record.verdict] for record in shown],
            "source": [SOURCE_NAMES[record.source] for record in shown],
            "time": [local(record.created_at) for record in shown],
            "model": [record.model for record in shown],
            "milliseconds": [record.milliseconds for record in shown],
        }
    )
    options: dict[str, Any] = {
        "hide_index": True,
        "row_height": 48,
        "height": "content",
        "column_config": {
            "open": st.column_config.ButtonColumn(
                "", key="opened-row", width="small", on_click=_open_row, args=([record.record_id for record in shown],)
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
        rows = [place for place, record in enumerate(shown) if is_selected(record)]
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


def _open_row(record_ids: list[int]) -> None:
    # The ids are those the clicked table showed; by now there may be newer records above them.
    open_record(record_ids[st.session_state["opened-row"].row])
