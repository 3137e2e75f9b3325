"""The dialog that shows one saved prediction with its label, its steps and its actions."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from digitrec.errors import ImageError, ModelError
from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, NumberVerdict, Prediction, Step, Verdict
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.services import services
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.prediction.labeling import DELETED, show_labeling
from digitrec.web.prediction.result import PREDICTION_STYLE, result_html
from digitrec.web.prediction.saliency import show_feature_maps, show_saliency
from digitrec.web.prediction.steps import show_all_steps, show_wide_image
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.downloads import show_download
from digitrec.web.shared.figures import thumbnail_html
from digitrec.web.shared.local_time import format_local
from digitrec.web.shared.models import recognizer_or_notice
from digitrec.web.shared.names import INPUT_METHOD_NAMES, REJECTED_NAMES, drawing_name, label_name
from digitrec.web.shared.notices import notify_errors, queue_notice, show_errors, show_notices
from digitrec.web.shared.session import session

_close_on_back = st.components.v2.component(
    "close_on_back", js=Path(__file__).with_name("close_on_back.js").read_text(encoding="utf-8")
)
_GO_TO_NEXT = "go-to-next"
_MAPS_LABEL = "Saliency and feature maps"
_MAPS_HELP = "Show which parts of the drawing led to this prediction, and what each convolution responds to."


def open_prediction(prediction_id: int | None) -> None:
    """Open a prediction in the dialog, or close the dialog if the ID is None."""
    session().opened_prediction = prediction_id


def show_opened_prediction(history: History, filter: Filter, order: Order, same_mode: bool = False) -> None:
    """Show the dialog if a prediction is open.

    Its buttons step through the predictions that match the filter, or only those of the same mode.
    """
    prediction_id = session().opened_prediction
    if prediction_id is None:
        return
    if saved := history.get(prediction_id):
        _show_dialog(history, replace(filter, modes=(saved.mode,)) if same_mode else filter, order)
    else:
        session().forget_deleted(prediction_id)
        st.toast(DELETED)


@st.dialog("Prediction", width="large", on_dismiss=lambda: open_prediction(None))
@show_errors()
@admitted
def _show_dialog(history: History, filter: Filter, order: Order) -> None:
    st.html(PREDICTION_STYLE)
    prediction_id = session().opened_prediction
    saved = history.get(prediction_id) if prediction_id is not None else None
    if not saved:
        # It was deleted: rerun the whole page, which shows no dialog and says so if it happened elsewhere.
        st.rerun()
    show_notices()
    previous, following = history.neighbors(saved, filter, order)
    next_id = following.prediction_id if following else None
    data = history.picture(saved)
    prediction = _restore(saved, data)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        _show_step_button("Previous", "P", ":material/chevron_left:", previous)
        _show_step_button("Next", "N", ":material/chevron_right:", following)
    is_line = saved.mode is Mode.NUMBER and prediction.steps
    if is_line:
        show_wide_image(prediction.steps[0])
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if not is_line:
            st.html(thumbnail_html(history, saved, 280, "min(280px, 100%)"))
        if not prediction.steps:
            st.caption("The image is missing or damaged.")
        _show_labeling(saved, next_id)
    with right:
        st.html(result_html(saved.mode, [prediction]))
        source, created = INPUT_METHOD_NAMES[saved.input_method], format_local(saved.created_at)
        st.caption(f"{source} · {created} · {saved.model} · {saved.milliseconds:.2f} ms")
        with st.container(horizontal=True):
            _show_actions(history, saved, data, next_id)
    if prediction.steps:
        show_all_steps(prediction)
        if isinstance(prediction, Prediction):
            _show_saliency(prediction)
    _close_on_back(key="close-on-back", height=1)


def _show_saliency(prediction: Prediction) -> None:
    if not st.toggle(_MAPS_LABEL, key="opened-saliency", help=_MAPS_HELP, persist_state="session"):
        return
    if prediction.model not in services().model_names():
        st.caption(f"The model {prediction.model} is no longer installed.")
    elif recognizer_or_notice(prediction.model):
        show_saliency(prediction)
        show_feature_maps(prediction)


def _show_step_button(label: str, shortcut: str, icon: str, target: SavedPrediction | None) -> None:
    st.button(
        label,
        key=label.lower(),
        icon=icon,
        icon_position="right" if label == "Next" else "left",
        shortcut=shortcut,
        disabled=not target,
        on_click=open_prediction,
        args=(target.prediction_id if target else None,),
    )


def _show_actions(history: History, saved: SavedPrediction, data: bytes | None, next_id: int | None) -> None:
    if saved.strokes and st.button("Draw again", key="draw-again", icon=":material/draw:"):
        session().pending_drawing = saved
        # The user may be on the Draw page already.
        open_prediction(None)
        # Without query_params, Streamlit refuses to drop the parameters that the filters are bound to.
        st.switch_page("pages/draw.py", query_params={})
    if data and saved.mode is Mode.DIGIT and saved.verdict is not Verdict.BLANK:
        name = drawing_name(saved)
        if st.button("Explore", key="explore-opened", icon=":material/explore:", on_click=_choose, args=(name,)):
            open_prediction(None)
            if session().page == "Explore":
                st.rerun()
            st.switch_page("pages/explore.py", query_params={"drawing": name})
    if data:
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        filename = f"digitrec-{saved.prediction_id:08}.{suffix}"
        show_download("Download image", lambda: data, filename, "download-image")
    with st.popover("Delete", icon=":material/delete:", key=f"ask-{saved.prediction_id}"):
        args = history, saved.prediction_id, next_id
        st.button("Delete permanently", key=f"delete-{saved.prediction_id}", on_click=_delete, args=args)


def _choose(name: str) -> None:
    # The map on the Explore page opens this dialog too. Streamlit refuses to set a parameter that a widget is bound to.
    st.session_state["drawing"] = name


def _show_labeling(saved: SavedPrediction, next_id: int | None) -> None:
    show_labeling(saved, saved.mode, "opened-label", lambda label: _go_to_next(label, next_id))
    predicted, label = saved.text or REJECTED_NAMES[saved.mode], label_name(saved)
    if not label:
        st.caption("Label predictions to measure accuracy.")
    elif label == predicted:
        st.caption(":material/check: Marked as correct. Thanks!")
    else:
        st.caption(f":material/check: Labeled {label.lower()}. The prediction was {predicted.lower()}.")
    st.toggle("Go to next after labeling", key=_GO_TO_NEXT, persist_state="session")


def _go_to_next(label: str | None, next_id: int | None) -> None:
    if st.session_state.get(_GO_TO_NEXT) and label is not None and next_id is not None:
        open_prediction(next_id)


@notify_errors()
def _delete(history: History, prediction_id: int, next_id: int | None) -> None:
    if history.delete(prediction_id):
        log_activity(history.user, Activity.DELETE, f"prediction {prediction_id}")
        queue_notice("Prediction deleted.")
    else:
        queue_notice(DELETED)
    session().forget_deleted(prediction_id)
    open_prediction(next_id)


def _restore(saved: SavedPrediction, data: bytes | None) -> AnyPrediction:
    """Return a saved prediction with what is recomputed from its image; without an image, it has no steps."""
    values: dict[str, Any] = {
        "label": saved.label,
        "confidence": saved.confidence,
        "model": saved.model,
        "milliseconds": saved.milliseconds,
    }
    if saved.mode is Mode.DIGIT:
        steps: tuple[Step, ...] = ()
        with suppress(ImageError):
            steps = preprocess(data, saved.input_method)[1] if data else ()
        verdict, reason = Verdict(saved.verdict), saved.reason
        return Prediction(verdict, probabilities=saved.probabilities, steps=steps, reason=reason, **values)
    again = None
    with suppress(ImageError, ModelError):
        again = services().number_recognizer().recognize(data, saved.input_method) if data else None
    number = NumberPrediction(
        NumberVerdict(saved.verdict), digits=(), alternatives=(), steps=again.steps if again else (), **values
    )
    # A newer model's boxes, alternatives and doubts fit only if it predicts the same number.
    if again and again.label == saved.label:
        number = replace(number, digits=again.digits, alternatives=again.alternatives, doubts=again.doubts)
    return number
