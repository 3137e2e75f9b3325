"""What a drawing really is, told beside the answer."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.store.record import NO_DIGIT, Record
from digitrec.store.schema import Activity
from digitrec.ui.people import note
from digitrec.ui.store import keep_corrected, my_records

_KEY = "truth"


def show_truth(record: Record | None) -> None:
    """Show the choice of what the drawing that was just kept really is; it is saved as soon as it is chosen."""
    # One widget for all drawings, so that it stays in its place: it shows what is known of the one at hand.
    st.session_state[_KEY] = record.true_label if record else None
    st.pills(
        "What is it really?",
        [*map(str, range(10)), NO_DIGIT],
        key=_KEY,
        disabled=not record,
        on_change=_correct,
        args=(record,),
        wrap=True,
    )


def correct(record: Record, true_label: str | None) -> bool:
    """Keep what a record really is, or with None that nobody said; whether it is kept, else a notice on the page."""
    records = my_records()
    try:
        corrected = records.correct(record.record_id, true_label)
        if corrected:
            keep_corrected(corrected)
            note(records.person, Activity.CORRECT, f"record {record.record_id}: {true_label or 'taken back'}")
        return bool(corrected)
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
        return False


def _correct(record: Record) -> None:
    correct(record, st.session_state[_KEY])
