"""What a drawing really is, told beside the answer."""

from collections.abc import Callable

import streamlit as st

from digitrec.errors import StoreError
from digitrec.store.readings import CLASSES
from digitrec.store.record import Record
from digitrec.store.schema import Activity
from digitrec.ui.notices import notice_error
from digitrec.ui.people import note
from digitrec.ui.store import keep_corrected, my_records


def show_truth(record: Record | None, key: str, on_choice: Callable[[str | None], object] | None = None) -> None:
    """Show the choice of what a record really is, saved as soon as it is chosen; without a record, none.

    ``on_choice`` is what else is done once it is saved.
    """

    def keep() -> None:
        truth = st.session_state[key]
        if record and _correct(record, truth) and on_choice:
            on_choice(truth)

    # One widget for all records, so that it stays in its place: it shows what is known of the one at hand.
    st.session_state[key] = record.true_label if record else None
    st.pills("What is it really?", CLASSES, key=key, disabled=not record, on_change=keep, wrap=True)


def _correct(record: Record, true_label: str | None) -> bool:
    """Keep what a record really is, or with None that nobody said; whether it is kept, else a notice on the page."""
    records = my_records()
    try:
        corrected = records.correct(record.record_id, true_label)
        if corrected:
            keep_corrected(corrected)
            note(records.person, Activity.CORRECT, f"record {record.record_id}: {true_label or 'taken back'}")
        return bool(corrected)
    except StoreError as error:
        notice_error(error)
        return False
