"""Deleting a user's history or account, once a confirmation has been typed."""

from collections.abc import Callable

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.errors import StorageError
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.notices import queue_error, queue_notice
from digitrec.web.shared.session import session

CONFIRMATION = "delete everything"


_CONFIRM = "confirm-delete"


def show_delete_all(history: History) -> None:
    """Show what deletes all records and pictures, once its name has been typed."""
    _show_typed_button(
        "To delete all records and pictures for good",
        "Delete everything",
        "delete-all",
        ":material/delete_forever:",
        _delete_all,
        history,
    )


def show_delete_account(history: History) -> None:
    """Show what deletes a person with everything that is kept of them, once its name has been typed."""
    if not sign_in():
        show_delete_all(history)
        return
    _show_typed_button(
        "To delete your account with all records, pictures and activities for good",
        "Delete my account",
        "forget",
        ":material/person_remove:",
        _forget,
        history,
    )


def _show_typed_button(
    purpose: str, label: str, key: str, icon: str, delete: Callable[[History], None], history: History
) -> None:
    confirmation = st.text_input(f"{purpose}, type “{CONFIRMATION}”", key=_CONFIRM)
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=confirmation.strip().lower() != CONFIRMATION,
        on_click=delete,
        args=(history,),
    )


def _forget(history: History) -> None:
    st.session_state[_CONFIRM] = ""
    try:
        history.delete_account()
    except StorageError as error:
        queue_error(error)
    else:
        session().forget_deleted()
        # Takes the cookie away too.
        st.logout()


def _delete_all(history: History) -> None:
    st.session_state[_CONFIRM] = ""
    try:
        count = history.delete_all()
        session().forget_deleted()
        log_activity(history.user, Activity.DELETE, f"all {count} records")
    except StorageError as error:
        queue_error(error)
    else:
        queue_notice(f"{count_noun(count)} deleted for good, with the pictures.")
