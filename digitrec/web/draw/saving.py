"""The history on the Draw page: save each drawing's prediction once, and show the most recent ones."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.storage.history import Attempt
from digitrec.storage.retention import GUEST_PREDICTIONS
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.prediction.gallery import show_gallery
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import label_name
from digitrec.web.shared.session import SavedInput, UserInput, session

_RETRY_SECONDS = 4
_RECENT = 9
_ACTIVITIES = {
    InputMethod.CANVAS: Activity.DRAW,
    InputMethod.SAMPLE: Activity.DRAW,
    InputMethod.UPLOAD: Activity.UPLOAD_IMAGE,
    InputMethod.CAMERA: Activity.CAMERA,
}


def save_prediction(user_input: UserInput | None, prediction: AnyPrediction | None) -> SavedPrediction | None:
    """Save a prediction once for each drawing, however often the page runs, and return its row in the history.

    A new stroke updates the row. Blank inputs aren't saved. If the history can't be written, the page says so and
    keeps trying. One line of text is always shown, so that nothing below it moves.
    """
    if not user_input or not prediction or not prediction.label:
        st.caption(":material/history: Predictions are added to your history.")
        return None
    try:
        saved = _save(user_input, prediction)
    except StorageError:
        _keep_trying(user_input, prediction)
        return None
    _show_saved(saved)
    return saved


@st.fragment(run_every=_RETRY_SECONDS)
def _keep_trying(user_input: UserInput, prediction: AnyPrediction) -> None:
    try:
        _show_saved(_save(user_input, prediction))
    except StorageError as error:
        st.caption(f":material/warning: {error}")


def _show_saved(saved: SavedPrediction | None) -> None:
    if saved:
        label = f" Labeled {label_name(saved).lower()}." if saved.true_label else ""
        st.caption(f":material/check: Saved to your history.{label}")
    else:
        advice = "To save it again, keep drawing or add the image again."
        st.caption(f":material/delete: You deleted this prediction. {advice}")


def _save(user_input: UserInput, prediction: AnyPrediction) -> SavedPrediction | None:
    state = session()
    history = current_history()
    history.database.reopen_if_lost()
    content = hash(user_input.data), prediction.model, history.database.generation
    before = state.saved_inputs.get(user_input.input_method)
    if before and before.key != user_input.key:
        before = None
    if before and before.saved and before.saved.true_label and before.saved.mode is not prediction.mode:
        # A labeled number keeps its row when the same drawing is recognized as a digit.
        before = None
    if before and before.content == content:
        return before.saved
    # A save that failed may have succeeded after all; repeating the same attempt doesn't save it twice.
    attempted = user_input.input_method, user_input.key, content
    if not state.save_attempt or state.save_attempt[0] != attempted:
        state.save_attempt = attempted, Attempt()
    saved = history.save(
        prediction,
        user_input.input_method,
        strokes=user_input.strokes,
        filename=user_input.filename,
        # A label stays valid when another model recognizes the same drawing, not when the drawing changes.
        true_label=before.saved.true_label if before and before.saved and before.content[0] == content[0] else None,
        replacing=before.saved if before else None,
        attempt=state.save_attempt[1],
        activity=_ACTIVITIES[user_input.input_method],
        keep_newest=GUEST_PREDICTIONS if history.user.is_guest else None,
    )
    state.save_attempt = None
    state.saved_inputs[user_input.input_method] = SavedInput(saved, user_input.key, content)
    if not before or not before.saved or saved.prediction_id != before.saved.prediction_id:
        state.saved_count += 1
    return saved


def show_recent(current: SavedPrediction | None) -> None:
    """Show the predictions before the current one, which can be opened."""
    try:
        history = current_history()
        # They change with the drawing, not with every stroke.
        current_id = current.prediction_id if current else None
        state = history.database.generation, session().saved_count, current_id
        shown_state, recent = session().recent
        if shown_state != state:
            newest = history.newest(_RECENT + 1)
            recent = [saved for saved in newest if saved.prediction_id != current_id][:_RECENT]
            session().recent = state, recent
    except StorageError:
        return
    if recent:
        show_gallery(history, recent)
    else:
        st.caption("Each drawing appears here when you start the next.")
