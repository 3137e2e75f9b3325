"""The most recent predictions, below the drawing."""

import html

import streamlit as st

from digitrec.errors import StoreError
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.web.shared.history import my_records
from digitrec.web.shared.names import VERDICT_SIGNS
from digitrec.web.shared.thumbnails import picture_of


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
