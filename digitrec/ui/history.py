"""Records as thumbnails and as a table."""

import html
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from digitrec.errors import StoreError
from digitrec.recognition.recognition import Verdict, percent
from digitrec.store.record import Record
from digitrec.store.records import Records
from digitrec.ui.clock import local
from digitrec.ui.pictures import picture_of, thumbnail
from digitrec.ui.record import open_record
from digitrec.ui.selection import is_selected, rows_key, select_rows, show_checkbox
from digitrec.ui.store import my_records
from digitrec.ui.words import NOTHING, SOURCE_NAMES, VERDICT_NAMES, VERDICT_SIGNS, truth


def show_last(current: Record | None, count: int = 10) -> None:
    """Show the last records before the current one as a row of small pictures with what was read in them."""
    try:
        records = my_records()
        # They change when a drawing is finished, not with any of its strokes.
        finished = records.database.generation, st.session_state.get("drawn", 0) - (current is not None)
        if st.session_state.get("strip", (None,))[0] != finished:
            st.session_state.strip = finished, _strip(records, current, count)
    except StoreError:
        return
    strip = st.session_state.strip[1]
    title = "Your last ones:" if strip else "What you draw is kept in your history, and the last ones are shown here."
    st.html(
        f'<div style="font-size:.875rem;opacity:.6;margin-bottom:1rem">{title}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:.5rem;min-height:5.25rem">{strip}</div>'
    )


def _strip(records: Records, current: Record | None, count: int) -> str:
    newest = records.newest(count + 1)
    return "".join(
        f'<figure style="margin:0;text-align:center;width:3.5rem">{picture_of(records, record, 56, "3.5rem")}'
        f"<figcaption>{html.escape(record.text or VERDICT_SIGNS[record.verdict])}</figcaption></figure>"
        for record in [record for record in newest if not current or record.record_id != current.record_id][:count]
    )


def show_gallery(records: Records, shown: Sequence[Record], selecting: bool) -> None:
    """Show records as pictures, each with a button that opens it, or with a checkbox that selects it."""
    with st.grid("auto", min_column_width=100):
        for record in shown:
            with st.container(gap="xsmall"):
                st.html(picture_of(records, record, 126, "100%"))
                if selecting:
                    show_checkbox(record, _label(record))
                else:
                    st.button(
                        _label(record),
                        key=f"open-{record.record_id}",
                        width="stretch",
                        on_click=open_record,
                        args=(record.record_id,),
                    )


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


def _label(record: Record) -> str:
    sign = VERDICT_SIGNS[record.verdict]
    told = f" · is {truth(record)}" if truth(record) not in ("", record.text or NOTHING[record.mode]) else ""
    if not record.text:
        return f"{sign} {NOTHING[record.mode]}{told}"
    doubt = f" {sign}" if record.verdict == Verdict.UNSURE else ""
    return f"**{record.text}**{doubt} · {percent(record.confidence)}{told}"
