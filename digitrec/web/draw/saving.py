"""Saving what was recognized, once for each drawing."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.storage.history import Attempt
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.history import GUEST_PREDICTIONS, current_history
from digitrec.web.shared.names import label_name
from digitrec.web.shared.session import SavedInput, session
from digitrec.web.shared.user_input import UserInput

_TRY_AGAIN_SECONDS = 4

_ACTIVITIES = {
    InputMethod.CANVAS: Activity.DRAW,
    InputMethod.SAMPLE: Activity.DRAW,
    InputMethod.UPLOAD: Activity.UPLOAD_IMAGE,
    InputMethod.CAMERA: Activity.CAMERA,
}


def save_prediction(user_input: UserInput | None, prediction: AnyPrediction | None) -> SavedPrediction | None:
    """Keep what was read, once for each drawing however often the page runs, and say so when it is kept.

    A drawing that goes on changes its record. What has no ink is not kept. Returns the record if there is one; where
    the history cannot be written, the page says so and goes on trying. There is a line of words in every case, so
    that nothing below it moves.
    """
    if not user_input or not prediction or not prediction.label:
        st.caption(":material/history: What is read is saved in your history.")
        return None
    try:
        saved = _keep(user_input, prediction)
    except StorageError:
        _go_on_trying(user_input, prediction)
        return None
    _say_kept(saved)
    return saved


@st.fragment(run_every=_TRY_AGAIN_SECONDS)
def _go_on_trying(user_input: UserInput, prediction: AnyPrediction) -> None:
    try:
        _say_kept(_keep(user_input, prediction))
    except StorageError as error:
        st.caption(f":material/warning: {error}")


def _say_kept(saved: SavedPrediction | None) -> None:
    if saved:
        said = f". You say it is {label_name(saved)}." if saved.true_label else ""
        st.caption(f":material/check: Saved in your history, as {saved.model} read it{said}")
    else:
        st.caption(":material/delete: You deleted this one. It is kept again when you draw on.")


def _keep(user_input: UserInput, prediction: AnyPrediction) -> SavedPrediction | None:
    state = session()
    history = current_history()
    history.database.reopen_if_lost()
    content = hash(user_input.data), prediction.model, history.database.generation
    before = state.saved_inputs.get(user_input.input_method)
    if before and before.key != user_input.key:
        before = None
    if before and before.saved and before.saved.true_label and before.saved.mode is not prediction.mode:
        # What somebody told of a number stays with it, when it is read as a digit now.
        before = None
    if before and before.content == content:
        return before.saved
    # Of a try that failed nobody knows whether it was kept after all: the next one finds out.
    attempted = user_input.input_method, user_input.key, content
    if not state.save_attempt or state.save_attempt[0] != attempted:
        state.save_attempt = attempted, Attempt()
    saved = history.save(
        prediction,
        user_input.input_method,
        strokes=user_input.strokes,
        filename=user_input.filename,
        # That has to be told anew when the drawing has changed, and not when another model reads it.
        true_label=before.saved.true_label if before and before.saved and before.content[0] == content[0] else None,
        instead=before.saved if before else None,
        attempt=state.save_attempt[1],
        activity=_ACTIVITIES[user_input.input_method],
        keep=GUEST_PREDICTIONS if history.user.is_guest else None,
    )
    state.save_attempt = None
    state.saved_inputs[user_input.input_method] = SavedInput(saved, user_input.key, content)
    if not before or not before.saved or saved.prediction_id != before.saved.prediction_id:
        state.saved_count += 1
    return saved
