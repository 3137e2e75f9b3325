"""What a drawing really is, told beside the answer."""

import re
from collections.abc import Callable

import streamlit as st

from digitrec.errors import StorageError
from digitrec.prediction import Mode
from digitrec.storage.saved_prediction import CLASSES, NO_DIGIT, SavedPrediction
from digitrec.storage.schema import MAX_LABEL_LENGTH, Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import REJECTED_NAMES
from digitrec.web.shared.notices import queue_error, queue_notice
from digitrec.web.shared.session import session

_QUESTION = "What is it really?"
# Dots, commas, dashes and gaps are no digits, and are left out.
_WRITTEN = r"^[0-9? .,\-]*[0-9][0-9? .,\-]*$"
_HINT = "Write its digits, such as 2026, and a ? for each letter or scribble among them, such as 20?6."


def show_labeling(
    saved: SavedPrediction | None, mode: Mode, key: str, on_choice: Callable[[str | None], object] | None = None
) -> None:
    """Show the choice of what a record of this mode really is, saved as soon as it is made; without a record, none.

    ``on_choice`` is what else is done once it is saved.
    """

    def keep(truth: str | None) -> None:
        if saved and _correct(saved, truth) and on_choice:
            on_choice(truth)

    def keep_written() -> None:
        written = st.session_state[key] or ""
        if written and not re.fullmatch(_WRITTEN, written):
            queue_notice(_HINT, ":material/info:")
        else:
            keep(re.sub("[^0-9?]", "", written) or None)

    # One widget for all records, so that it stays in its place: it shows what is known of the one at hand.
    truth = saved.true_label if saved else None
    if mode is Mode.DIGIT:
        st.session_state[key] = truth
        st.pills(
            _QUESTION,
            CLASSES,
            key=key,
            disabled=not saved,
            on_change=lambda: keep(st.session_state[key]),
            wrap=True,
        )
        return
    none_of = f"{key}-none"
    st.session_state[key] = truth if truth != NO_DIGIT else None
    st.session_state[none_of] = truth if truth == NO_DIGIT else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _QUESTION,
            max_chars=MAX_LABEL_LENGTH,
            key=key,
            disabled=not saved,
            on_change=keep_written,
            placeholder="Digits, and ? for what is none",
            validate=(_WRITTEN, _HINT),
        )
        st.pills(
            "Or is it none?",
            [NO_DIGIT],
            format_func=lambda _: REJECTED_NAMES[mode],
            label_visibility="collapsed",
            key=none_of,
            disabled=not saved,
            on_change=lambda: keep(st.session_state[none_of]),
        )


def _correct(saved: SavedPrediction, true_label: str | None) -> bool:
    """Keep what a record really is, or with None that nobody said; whether it is kept, else a notice on the page."""
    history = current_history()
    try:
        corrected = history.set_label(saved.prediction_id, true_label)
        if corrected:
            session().update_saved(corrected)
            log_activity(history.user, Activity.CORRECT, f"record {saved.prediction_id}: {true_label or 'taken back'}")
        return bool(corrected)
    except StorageError as error:
        queue_error(error)
        return False
