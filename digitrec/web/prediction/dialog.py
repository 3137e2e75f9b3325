"""One record, opened: what was read, what it really is, and the way there."""

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from digitrec.errors import ImageError, ModelError, StoreError
from digitrec.prediction import Mode, NumberRecognition, NumberVerdict, Recognition, Step, Verdict
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.storage.schema import Activity
from digitrec.web.draw.inputs import draw_again
from digitrec.web.prediction.labeling import show_truth
from digitrec.web.prediction.result import show_answer, show_every_step
from digitrec.web.prediction.saliency import show_explanation
from digitrec.web.prediction.steps import show_picture
from digitrec.web.shared.activity import note
from digitrec.web.shared.local_time import when
from digitrec.web.shared.models import load_number_recognizer, offered_models, recognizer_or_notice
from digitrec.web.shared.names import NOTHING, SOURCE_NAMES, truth
from digitrec.web.shared.notices import notice, notice_error, show_notices
from digitrec.web.shared.saving import forget_kept
from digitrec.web.shared.thumbnails import picture_of

_DRAW = "pages/draw.py"


def open_record(record_id: int | None) -> None:
    """Have a record opened, or with None the one that is open closed."""
    st.session_state.opened_record = record_id


def show_opened(records: Records, which: Filter, order: Order, of_its_mode: bool = False) -> None:
    """Show the record that was asked for, if one was, among those that are listed, all or those of its mode."""
    if st.session_state.has_come:
        # What was open when the page was left.
        open_record(None)
    record_id = st.session_state.get("opened_record")
    if record_id is None:
        return
    if record := records.get(record_id):
        _show_record(records, replace(which, modes=(record.mode,)) if of_its_mode else which, order)
    else:
        open_record(None)
        st.toast("This record is gone.")


@st.dialog("Record", width="large", on_dismiss=lambda: open_record(None))
def _show_record(records: Records, which: Filter, order: Order) -> None:
    show_notices()
    try:
        record_id = st.session_state.opened_record
        record = records.get(record_id) if record_id is not None else None
        if not record:
            # Deleted: the whole page runs again, without the dialog.
            open_record(None)
            st.rerun()
        _show(records, record, *records.beside(record, which, order))
    except StoreError as error:
        st.error(str(error), icon=":material/error:")


def _show(records: Records, record: Record, before: Record | None, after: Record | None) -> None:
    data = records.picture(record)
    recognition = _recognition(record, data) if record.mode is Mode.DIGIT else _number(record, data)
    following = after.record_id if after else None
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        _show_way("Previous", "P", ":material/chevron_left:", before)
        _show_way("Next", "N", ":material/chevron_right:", after)
    is_line = record.mode is Mode.NUMBER and recognition.steps
    if is_line:
        show_picture(recognition.steps[0])
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if not is_line:
            st.html(picture_of(records, record, 280, "min(280px, 100%)"))
        if not recognition.steps:
            st.caption("The picture of this record is gone or damaged.")
        _show_correction(record, following)
    with right:
        show_answer([recognition])
        st.caption(
            f"{SOURCE_NAMES[record.source]} on {when(record.created_at)} · read by {record.model} in "
            f"{record.milliseconds:.2f} ms"
        )
        with st.container(horizontal=True):
            _show_actions(records, record, data, following)
    if recognition.steps:
        show_every_step(recognition)
        if isinstance(recognition, Recognition) and st.toggle(
            "Why this answer?", key="why-opened", persist_state="session"
        ):
            _show_why(recognition)


def _show_why(recognition: Recognition) -> None:
    if recognition.model not in offered_models():
        st.caption(f"The model {recognition.model} is not there any more.")
    elif recognizer := recognizer_or_notice(recognition.model):
        show_explanation(recognizer, recognition)


def _show_way(label: str, shortcut: str, icon: str, to: Record | None) -> None:
    st.button(
        label,
        key=label.lower(),
        icon=icon,
        icon_position="right" if label == "Next" else "left",
        shortcut=shortcut,
        disabled=not to,
        on_click=open_record,
        args=(to.record_id if to else None,),
    )


def _show_actions(records: Records, record: Record, data: bytes | None, following: int | None) -> None:
    if record.strokes and st.button("Draw again", key="draw-again", icon=":material/draw:"):
        draw_again(record)
        # Not given any parameters, even none, Streamlit refuses to drop those that filters are bound to.
        st.switch_page(_DRAW, query_params={})
    if data:
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        st.download_button(
            "Picture",
            lambda: data,
            f"digitrec-{record.record_id:08}.{suffix}",
            key="picture",
            icon=":material/download:",
            on_click="ignore",
        )
    with st.popover("Delete", icon=":material/delete:", key=f"ask-{record.record_id}"):
        st.button(
            "Delete this record for good",
            key=f"delete-{record.record_id}",
            on_click=_delete,
            args=(records, record.record_id, following),
        )


def _show_correction(record: Record, following: int | None) -> None:
    show_truth(record, record.mode, "opened-truth", lambda truth: _go_on(truth, following))
    read = record.text or NOTHING[record.mode]
    if record.true_label is None:
        st.caption("Say what it is, and accuracy can be counted from real drawings.")
    elif truth(record) == read:
        st.caption(":material/check: It was read right. Thank you; that is kept.")
    else:
        st.caption(f":material/check: Kept: it is {truth(record)}, and was read as {read}.")
    st.toggle("Go on to the next after each answer", key="go-on", persist_state="session")


def _go_on(truth: str | None, following: int | None) -> None:
    if st.session_state.get("go-on") and truth is not None and following is not None:
        open_record(following)


def _delete(records: Records, record_id: int, following: int | None) -> None:
    try:
        if records.delete(record_id):
            note(records.person, Activity.DELETE, f"record {record_id}")
            notice("The record is deleted, with its picture.")
        forget_kept(record_id)
        open_record(following)
    except StoreError as error:
        notice_error(error)


def _recognition(record: Record, data: bytes | None) -> Recognition:
    steps: tuple[Step, ...] = ()
    if data:
        # They are not kept: the kept picture gives the same ones again.
        with suppress(ImageError):
            steps = preprocess(data, record.source)[1]
    return Recognition(
        verdict=Verdict(record.verdict),
        label=record.label,
        confidence=record.confidence,
        probabilities=record.probabilities,
        steps=steps,
        model=record.model,
        milliseconds=record.milliseconds,
        reason=record.reason,
    )


def _number(record: Record, data: bytes | None) -> NumberRecognition:
    kept = NumberRecognition(
        verdict=NumberVerdict(record.verdict),
        label=record.label,
        confidence=record.confidence,
        digits=(),
        alternatives=(),
        steps=(),
        model=record.model,
        milliseconds=record.milliseconds,
    )
    if data:
        # Nor are boxes, alternatives and doubts. Where a newer model reads something else, its own tell of that.
        with suppress(ImageError, ModelError):
            again = load_number_recognizer().read(data, record.source)
            same = again if again.label == record.label else kept
            return replace(
                kept,
                digits=same.digits,
                alternatives=same.alternatives,
                doubts=same.doubts,
                steps=again.steps,
            )
    return kept
