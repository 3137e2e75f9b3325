"""Labeling: the user states the correct digit or number of a saved prediction."""

import re
from collections.abc import Callable

import streamlit as st

from digitrec.prediction import Mode
from digitrec.storage.saved_prediction import CLASSES, NO_DIGIT, SavedPrediction
from digitrec.storage.schema import MAX_LABEL_LENGTH, Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import REJECTED_NAMES, label_name
from digitrec.web.shared.notices import notify_errors, queue_notice
from digitrec.web.shared.session import session

DELETED = "This prediction no longer exists."
_TITLE = "Correct label"
# Spaces and punctuation may separate the digits; they are left out of the label.
_NUMBER_PATTERN = r"^[0-9? .,\-]*[0-9][0-9? .,\-]*$"
_HINT = "Type the digits, such as 2026. Use ? for any other character, as in 20?6."


def show_labeling(
    saved: SavedPrediction | None,
    mode: Mode,
    key: str,
    on_label: Callable[[str | None], object] | None = None,
    is_outdated: Callable[[], bool] | None = None,
) -> None:
    """Show the control that labels a saved prediction of this mode; it is disabled without one.

    The label is saved as soon as the user enters it, unless ``is_outdated`` then says that the prediction is no longer
    the one that the user sees. It is passed to ``on_label``; None means that it was removed.
    """
    # The same widget serves every prediction, so that it stays in place; it shows the label of the current one.
    label = saved.true_label if saved else None

    def save(label: str | None) -> None:
        if is_outdated and is_outdated():
            queue_notice("The drawing has changed. Label it again.")
        elif saved:
            _save(saved, on_label, label)

    if mode is Mode.NUMBER:
        _show_number_labeling(label, key, save, is_disabled=not saved)
        return
    st.session_state[key] = label
    st.pills(
        _TITLE,
        CLASSES,
        format_func=lambda label: REJECTED_NAMES[mode] if label == NO_DIGIT else label,
        key=key,
        disabled=not saved,
        on_change=lambda: save(st.session_state[key]),
        wrap=True,
    )


def _show_number_labeling(
    label: str | None, key: str, save: Callable[[str | None], None], *, is_disabled: bool
) -> None:
    def save_number() -> None:
        text = st.session_state[key] or ""
        if text and not re.fullmatch(_NUMBER_PATTERN, text):
            queue_notice(_HINT, ":material/info:")
        else:
            save(re.sub("[^0-9?]", "", text) or None)

    non_number_key, name = f"{key}-none", REJECTED_NAMES[Mode.NUMBER]
    st.session_state[key] = label if label != NO_DIGIT else None
    st.session_state[non_number_key] = label if label == NO_DIGIT else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _TITLE,
            max_chars=MAX_LABEL_LENGTH,
            key=key,
            disabled=is_disabled,
            on_change=save_number,
            placeholder="Digits, such as 2026",
            help=_HINT,
            validate=(_NUMBER_PATTERN, _HINT),
        )
        st.pills(
            name,
            [NO_DIGIT],
            format_func=lambda _: name,
            label_visibility="collapsed",
            key=non_number_key,
            disabled=is_disabled,
            on_change=lambda: save(st.session_state[non_number_key]),
        )


@notify_errors()
def _save(saved: SavedPrediction, on_label: Callable[[str | None], object] | None, label: str | None) -> None:
    history = current_history()
    if labeled := history.set_label(saved.prediction_id, label):
        session().update_saved(labeled)
        name = label_name(labeled).lower() or "label removed"
        log_activity(history.user, Activity.CORRECT, f"prediction {saved.prediction_id}: {name}")
        if on_label:
            on_label(label)
    else:
        session().forget_deleted(saved.prediction_id)
        queue_notice(DELETED)
