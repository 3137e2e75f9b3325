"""Records as thumbnails and as a table."""

from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import Verdict, percent
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.web.history.selection import show_checkbox
from digitrec.web.prediction.dialog import open_record
from digitrec.web.shared.names import NOTHING, VERDICT_SIGNS, truth
from digitrec.web.shared.thumbnails import picture_of


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


def _label(record: Record) -> str:
    sign = VERDICT_SIGNS[record.verdict]
    told = f" · is {truth(record)}" if truth(record) not in ("", record.text or NOTHING[record.mode]) else ""
    if not record.text:
        return f"{sign} {NOTHING[record.mode]}{told}"
    doubt = f" {sign}" if record.verdict == Verdict.UNSURE else ""
    return f"**{record.text}**{doubt} · {percent(record.confidence)}{told}"
