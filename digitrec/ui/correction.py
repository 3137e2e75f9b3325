"""What a drawing really is, told beside the answer."""

import re
from collections.abc import Callable

import streamlit as st

from digitrec.errors import StoreError
from digitrec.recognition.recognition import Mode
from digitrec.store.readings import CLASSES
from digitrec.store.record import Record
from digitrec.store.schema import Activity
from digitrec.ui.notices import notice, notice_error
from digitrec.ui.people import note
from digitrec.ui.store import keep_corrected, my_records

# Dots, commas, dashes and gaps are no digits, and are left out.
_WRITTEN = r"^[0-9][0-9 .,\-]{0,99}$"
_HINT = "Write its digits only, such as 2026."


def show_truth(
    record: Record | None, mode: Mode, key: str, on_choice: Callable[[str | None], object] | None = None
) -> None:
    """Show the choice of what a record of this mode really is, saved as soon as it is made; without a record, none.

    ``on_choice`` is what else is done once it is saved.
    """

    def keep() -> None:
        truth = st.session_state[key]
        if mode is Mode.NUMBER and truth:
            if not re.fullmatch(_WRITTEN, truth.strip()):
                notice(_HINT, ":material/info:")
                return
            truth = re.sub("[^0-9]", "", truth)
        truth = truth or None
        if record and _correct(record, truth) and on_choice:
            on_choice(truth)

    # One widget for all records, so that it stays in its place: it shows what is known of the one at hand.
    st.session_state[key] = record.true_label if record else None
    if mode is Mode.NUMBER:
        st.text_input(
            "What is it really? Its digits only",
            key=key,
            disabled=not record,
            on_change=keep,
            placeholder="The true number",
            validate=(_WRITTEN, _HINT),
        )
        return
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
