"""One record, opened: what was read, what it really is, and the way there."""

import streamlit as st

from digitrec.errors import ImageError, StoreError
from digitrec.imaging.steps import Step
from digitrec.recognition.recognition import Recognition
from digitrec.recognition.recognizer import preprocess
from digitrec.store.record import NO_DIGIT, Record
from digitrec.store.records import Records
from digitrec.store.schema import Activity
from digitrec.ui.history import SOURCE_NAMES, when
from digitrec.ui.people import note
from digitrec.ui.result import show_results
from digitrec.ui.steps import show_steps
from digitrec.ui.store import forget_kept


def show_opened(records: Records) -> None:
    """Show the record that was just asked for, if one was."""
    record_id = st.session_state.pop("opened_record", None)
    if record_id is None:
        return
    if records.get(record_id):
        _show_record(records, record_id)
    else:
        st.toast("This record is gone.")


@st.dialog("Record", width="large")
def _show_record(records: Records, record_id: int) -> None:
    try:
        record = records.get(record_id)
        if not record:
            # Deleted: the whole page runs again, without the dialog.
            st.rerun()
        _show(records, record)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")


def _show(records: Records, record: Record) -> None:
    data = records.picture(record)
    steps = _steps(data, record) if data else ()
    show_results([_recognition(record)])
    st.caption(
        f"{SOURCE_NAMES[record.source]} on {when(record)} · read by {record.model} in {record.milliseconds:.2f} ms"
    )
    _show_correction(records, record)
    if steps:
        show_steps(steps)
    else:
        st.caption("The picture of this record is gone or damaged.")
    st.button(
        "Delete this record",
        key=f"delete-{record.record_id}",
        icon=":material/delete:",
        on_click=_delete,
        args=(records, record.record_id),
    )


def _show_correction(records: Records, record: Record) -> None:
    key = f"true-{record.record_id}"
    st.pills(
        "What is it really?",
        [*map(str, range(10)), NO_DIGIT],
        default=record.true_label,
        key=key,
        on_change=lambda: _correct(records, record.record_id, st.session_state[key]),
        wrap=True,
    )
    read = record.text or NO_DIGIT
    if record.true_label is None:
        st.caption("Say what it is, and accuracy can be counted from real drawings.")
    elif record.true_label == read:
        st.caption(":material/check: It was read right. Thank you; that is kept.")
    else:
        st.caption(f":material/check: Kept: it is {record.true_label}, and was read as {read}.")


def _correct(records: Records, record_id: int, true_label: str | None) -> None:
    try:
        if records.correct(record_id, true_label):
            note(records.person, Activity.CORRECT, f"record {record_id}: {true_label or 'taken back'}")
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")


def _delete(records: Records, record_id: int) -> None:
    try:
        if records.delete(record_id):
            note(records.person, Activity.DELETE, f"record {record_id}")
            st.toast("The record is deleted, with its picture.")
        forget_kept(record_id)
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")


def _recognition(record: Record) -> Recognition:
    return Recognition(
        verdict=record.verdict,
        label=record.label,
        confidence=record.confidence,
        probabilities=record.probabilities,
        steps=(),
        model=record.model,
        milliseconds=record.milliseconds,
        reason=record.reason,
    )


def _steps(data: bytes, record: Record) -> tuple[Step, ...]:
    # They are not kept: the kept picture gives the same ones again.
    try:
        return preprocess(data, record.source)[1]
    except ImageError:
        return ()
