"""One record, opened: what was read, what it really is, and the way there."""

from contextlib import suppress
from dataclasses import replace

import streamlit as st

from digitrec.errors import ImageError, ModelError, StorageError
from digitrec.prediction import Mode, NumberPrediction, NumberVerdict, Prediction, Step, Verdict
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.services import services
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.prediction.labeling import show_labeling
from digitrec.web.prediction.result import show_answer, show_every_step
from digitrec.web.prediction.saliency import show_explanation
from digitrec.web.prediction.steps import show_picture
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.local_time import when
from digitrec.web.shared.models import recognizer_or_notice
from digitrec.web.shared.names import INPUT_METHOD_NAMES, REJECTED_NAMES, label_name
from digitrec.web.shared.notices import queue_error, queue_notice, show_notices
from digitrec.web.shared.session import session
from digitrec.web.shared.thumbnails import picture_of

_DRAW = "pages/draw.py"


def open_prediction(prediction_id: int | None) -> None:
    """Have a record opened, or with None the one that is open closed."""
    session().opened_prediction = prediction_id


def show_opened_prediction(history: History, which: Filter, order: Order, of_its_mode: bool = False) -> None:
    """Show the record that was asked for, if one was, among those that are listed, all or those of its mode."""
    if session().page_changed:
        # What was open when the page was left.
        open_prediction(None)
    prediction_id = session().opened_prediction
    if prediction_id is None:
        return
    if saved := history.get(prediction_id):
        _show_record(history, replace(which, modes=(saved.mode,)) if of_its_mode else which, order)
    else:
        open_prediction(None)
        st.toast("This record is gone.")


@st.dialog("Record", width="large", on_dismiss=lambda: open_prediction(None))
def _show_record(history: History, which: Filter, order: Order) -> None:
    show_notices()
    try:
        prediction_id = session().opened_prediction
        saved = history.get(prediction_id) if prediction_id is not None else None
        if not saved:
            # Deleted: the whole page runs again, without the dialog.
            open_prediction(None)
            st.rerun()
        _show(history, saved, *history.beside(saved, which, order))
    except StorageError as error:
        st.error(str(error), icon=":material/error:")


def _show(
    history: History, saved: SavedPrediction, before: SavedPrediction | None, after: SavedPrediction | None
) -> None:
    data = history.picture(saved)
    prediction = _recognition(saved, data) if saved.mode is Mode.DIGIT else _number(saved, data)
    following = after.prediction_id if after else None
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        _show_way("Previous", "P", ":material/chevron_left:", before)
        _show_way("Next", "N", ":material/chevron_right:", after)
    is_line = saved.mode is Mode.NUMBER and prediction.steps
    if is_line:
        show_picture(prediction.steps[0])
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if not is_line:
            st.html(picture_of(history, saved, 280, "min(280px, 100%)"))
        if not prediction.steps:
            st.caption("The picture of this record is gone or damaged.")
        _show_correction(saved, following)
    with right:
        show_answer([prediction])
        st.caption(
            f"{INPUT_METHOD_NAMES[saved.input_method]} on {when(saved.created_at)} · read by {saved.model} in "
            f"{saved.milliseconds:.2f} ms"
        )
        with st.container(horizontal=True):
            _show_actions(history, saved, data, following)
    if prediction.steps:
        show_every_step(prediction)
        if isinstance(prediction, Prediction) and st.toggle(
            "Why this answer?", key="why-opened", persist_state="session"
        ):
            _show_why(prediction)


def _show_why(prediction: Prediction) -> None:
    if prediction.model not in services().model_names():
        st.caption(f"The model {prediction.model} is not there any more.")
    elif recognizer := recognizer_or_notice(prediction.model):
        show_explanation(recognizer, prediction)


def _show_way(label: str, shortcut: str, icon: str, to: SavedPrediction | None) -> None:
    st.button(
        label,
        key=label.lower(),
        icon=icon,
        icon_position="right" if label == "Next" else "left",
        shortcut=shortcut,
        disabled=not to,
        on_click=open_prediction,
        args=(to.prediction_id if to else None,),
    )


def _show_actions(history: History, saved: SavedPrediction, data: bytes | None, following: int | None) -> None:
    if saved.strokes and st.button("Draw again", key="draw-again", icon=":material/draw:"):
        session().pending_drawing = saved
        # Not given any parameters, even none, Streamlit refuses to drop those that filters are bound to.
        st.switch_page(_DRAW, query_params={})
    if data:
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        st.download_button(
            "Picture",
            lambda: data,
            f"digitrec-{saved.prediction_id:08}.{suffix}",
            key="picture",
            icon=":material/download:",
            on_click="ignore",
        )
    with st.popover("Delete", icon=":material/delete:", key=f"ask-{saved.prediction_id}"):
        st.button(
            "Delete this record for good",
            key=f"delete-{saved.prediction_id}",
            on_click=_delete,
            args=(history, saved.prediction_id, following),
        )


def _show_correction(saved: SavedPrediction, following: int | None) -> None:
    show_labeling(saved, saved.mode, "opened-truth", lambda truth: _go_on(truth, following))
    read = saved.text or REJECTED_NAMES[saved.mode]
    if saved.true_label is None:
        st.caption("Say what it is, and accuracy can be counted from real drawings.")
    elif label_name(saved) == read:
        st.caption(":material/check: It was read right. Thank you; that is kept.")
    else:
        st.caption(f":material/check: Kept: it is {label_name(saved)}, and was read as {read}.")
    st.toggle("Go on to the next after each answer", key="go-on", persist_state="session")


def _go_on(truth: str | None, following: int | None) -> None:
    if st.session_state.get("go-on") and truth is not None and following is not None:
        open_prediction(following)


def _delete(history: History, prediction_id: int, following: int | None) -> None:
    try:
        if history.delete(prediction_id):
            log_activity(history.user, Activity.DELETE, f"record {prediction_id}")
            queue_notice("The record is deleted, with its picture.")
        session().forget_deleted(prediction_id)
        open_prediction(following)
    except StorageError as error:
        queue_error(error)


def _recognition(saved: SavedPrediction, data: bytes | None) -> Prediction:
    steps: tuple[Step, ...] = ()
    if data:
        # They are not kept: the kept picture gives the same ones again.
        with suppress(ImageError):
            steps = preprocess(data, saved.input_method)[1]
    return Prediction(
        verdict=Verdict(saved.verdict),
        label=saved.label,
        confidence=saved.confidence,
        probabilities=saved.probabilities,
        steps=steps,
        model=saved.model,
        milliseconds=saved.milliseconds,
        reason=saved.reason,
    )


def _number(saved: SavedPrediction, data: bytes | None) -> NumberPrediction:
    kept = NumberPrediction(
        verdict=NumberVerdict(saved.verdict),
        label=saved.label,
        confidence=saved.confidence,
        digits=(),
        alternatives=(),
        steps=(),
        model=saved.model,
        milliseconds=saved.milliseconds,
    )
    if data:
        # Nor are boxes, alternatives and doubts. Where a newer model reads something else, its own tell of that.
        with suppress(ImageError, ModelError):
            again = services().number_recognizer().recognize(data, saved.input_method)
            same = again if again.label == saved.label else kept
            return replace(
                kept,
                digits=same.digits,
                alternatives=same.alternatives,
                doubts=same.doubts,
                steps=again.steps,
            )
    return kept
