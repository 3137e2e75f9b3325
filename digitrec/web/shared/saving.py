"""Saving what was recognized, once for each drawing."""

from dataclasses import dataclass, replace

import streamlit as st

from digitrec.errors import StorageError
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.storage.history import Attempt
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import truth
from digitrec.web.shared.thumbnails import forget_thumbnails
from digitrec.web.shared.user_input import UserInput

_TRY_AGAIN_SECONDS = 4


GUEST_RECORDS = 20
"""How many records are kept of a guest."""


_ACTIVITIES = {
    InputMethod.CANVAS: Activity.DRAW,
    InputMethod.SAMPLE: Activity.DRAW,
    InputMethod.UPLOAD: Activity.UPLOAD_IMAGE,
    InputMethod.CAMERA: Activity.CAMERA,
}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the session knows to be kept: a record, of which drawing, with which content."""

    saved: SavedPrediction | None
    """None where it was deleted since."""
    key: str
    content: tuple[int, str, int]


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
        said = f". You say it is {truth(saved)}." if saved.true_label else ""
        st.caption(f":material/check: Saved in your history, as {saved.model} read it{said}")
    else:
        st.caption(":material/delete: You deleted this one. It is kept again when you draw on.")


def _keep(user_input: UserInput, prediction: AnyPrediction) -> SavedPrediction | None:
    kept: dict[str, _Kept] = st.session_state.setdefault("kept", {})
    history = current_history()
    history.database.reopen_if_lost()
    content = hash(user_input.data), prediction.model, history.database.generation
    before = kept.get(user_input.input_method)
    if before and before.key != user_input.key:
        before = None
    if before and before.saved and before.saved.true_label and before.saved.mode is not prediction.mode:
        # What somebody told of a number stays with it, when it is read as a digit now.
        before = None
    if before and before.content == content:
        return before.saved
    # Of a try that failed nobody knows whether it was kept after all: the next one finds out.
    tried, attempt = st.session_state.get("attempt", (None, None))
    if tried != (user_input.input_method, user_input.key, content):
        attempt = Attempt()
        st.session_state.attempt = (user_input.input_method, user_input.key, content), attempt
    saved = history.save(
        prediction,
        user_input.input_method,
        strokes=user_input.strokes,
        filename=user_input.filename,
        # That has to be told anew when the drawing has changed, and not when another model reads it.
        true_label=before.saved.true_label if before and before.saved and before.content[0] == content[0] else None,
        instead=before.saved if before else None,
        attempt=attempt,
        activity=_ACTIVITIES[user_input.input_method],
        keep=GUEST_RECORDS if history.user.is_guest else None,
    )
    st.session_state.pop("attempt")
    kept[user_input.input_method] = _Kept(saved, user_input.key, content)
    if not before or not before.saved or saved.prediction_id != before.saved.prediction_id:
        st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    return saved


def forget_saved(prediction_id: int | None = None) -> None:
    """Take a record, or with None every one, for deleted, so that what is still on the canvas is not kept anew."""
    kept: dict[str, _Kept] = st.session_state.get("kept", {})
    for input_method, one in kept.items():
        if one.saved and prediction_id in (None, one.saved.prediction_id):
            kept[input_method] = replace(one, saved=None)
    st.session_state.pop("strip", None)
    forget_thumbnails()


def update_saved(saved: SavedPrediction) -> None:
    """Know a record of this session as it was just corrected."""
    kept: dict[str, _Kept] = st.session_state.get("kept", {})
    for input_method, one in kept.items():
        if one.saved and one.saved.prediction_id == saved.prediction_id:
            kept[input_method] = replace(one, saved=saved)
