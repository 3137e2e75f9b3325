"""Records as thumbnails, as a table, and one of them opened."""

import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from digitrec.errors import StoreError
from digitrec.recognition.recognition import Source, percent
from digitrec.store.records import Record, Records
from digitrec.ui.clock import local
from digitrec.ui.pictures import thumbnail
from digitrec.ui.store import my_records

SOURCE_NAMES = {"canvas": "Drawn", "sample": "Sample", "upload": "Upload", "camera": "Camera", "api": "API"}


def show_last(current: Record | None, count: int = 10) -> None:
    """Show the last records before the current one as a row of small pictures with what was read in them."""
    try:
        records = my_records()
        # They change when a drawing is finished, not with each of its strokes.
        finished = records.database.generation, st.session_state.get("drawn", 0), current is None
        if st.session_state.get("strip", (None,))[0] != finished:
            st.session_state.strip = finished, _strip(records, current, count)
    except StoreError:
        return
    strip = st.session_state.strip[1]
    st.caption(
        "Your last ones:" if strip else "What you draw is kept in your history, and the last ones are shown here."
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.5rem;min-height:5.25rem">{strip}</div>')


def _strip(records: Records, current: Record | None, count: int) -> str:
    newest = records.newest(count + 1)
    return "".join(
        f'<figure style="margin:0;text-align:center;width:3.5rem">{_picture(records, record, 56, "3.5rem")}'
        f"<figcaption>{html.escape(record.text or '–')}</figcaption></figure>"
        for record in [record for record in newest if not current or record.record_id != current.record_id][:count]
    )


def show_gallery(records: Records, shown: Sequence[Record]) -> None:
    """Show records as pictures, each with a button that opens it."""
    with st.grid("auto", min_column_width=100):
        for record in shown:
            with st.container(gap="xsmall"):
                st.html(_picture(records, record, 126, "100%"))
                told = f" · is {record.true_label}" if record.true_label not in (None, record.text) else ""
                label = f"**{record.text or '–'}** · {percent(record.confidence)}{told}"
                st.button(
                    label, key=f"open-{record.record_id}", width="stretch", on_click=_open, args=(record.record_id,)
                )


def show_table(records: Records, shown: Sequence[Record]) -> None:
    """Show records as a table, each row with a button that opens it."""
    table = pd.DataFrame(
        {
            "open": "Open",
            "picture": [thumbnail(records, record, 56) for record in shown],
            "digit": [record.text for record in shown],
            "really": [record.true_label or "" for record in shown],
            "confidence": [percent(record.confidence) for record in shown],
            "verdict": [str(record.verdict) for record in shown],
            "source": [SOURCE_NAMES[record.source] for record in shown],
            "time": [local(record.created_at) for record in shown],
            "model": [record.model for record in shown],
            "milliseconds": [record.milliseconds for record in shown],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        row_height=48,
        height="content",
        key="history-table",
        column_config={
            "open": st.column_config.ButtonColumn(
                "", key="opened-row", width="small", on_click=_open_row, args=([record.record_id for record in shown],)
            ),
            "picture": st.column_config.ImageColumn("Picture", width="small"),
            "digit": st.column_config.TextColumn("Digit", width="small"),
            "really": st.column_config.TextColumn("Really", width="small"),
            "confidence": st.column_config.TextColumn("Confidence", width="small", alignment="right"),
            "verdict": "Verdict",
            "source": "Entered",
            "time": st.column_config.DatetimeColumn("Time", format="YYYY-MM-DD HH:mm:ss"),
            "model": "Model",
            "milliseconds": st.column_config.NumberColumn("Milliseconds", format="%.2f"),
        },
        alt="Your records, newest first",
    )


def _open(record_id: int) -> None:
    st.session_state.opened_record = record_id


def _open_row(record_ids: list[int]) -> None:
    # The ids are those the clicked table showed; by now there may be newer records above them.
    _open(record_ids[st.session_state["opened-row"].row])


def when(record: Record) -> str:
    """The moment of a record as the viewer's clock shows it."""
    return local(record.created_at).strftime("%Y-%m-%d %H:%M:%S")


def _picture(records: Records, record: Record, side: int, width: str) -> str:
    frame = "outline:2px dashed #8b99f4;outline-offset:-2px;" if record.source is Source.SAMPLE else ""
    style = f"{frame}display:block;width:{width};aspect-ratio:1;object-fit:contain;background:#000;border-radius:.4rem"
    return f'<img src="{thumbnail(records, record, side)}" alt="{html.escape(_alt(record))}" style="{style}">'


def _alt(record: Record) -> str:
    read = f"Read as {record.text}" if record.text else "No digit read"
    return f"{read}, {record.verdict}, {SOURCE_NAMES[record.source].lower()}, {when(record)}"
