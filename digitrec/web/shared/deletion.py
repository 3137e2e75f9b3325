"""Deleting a whole history or account, after a typed confirmation."""

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
_CONFIRMATION_KEY = "confirm-delete"


def show_delete_all(history: History) -> None:
    """Show the button that deletes all predictions and their pictures."""
    _show_confirmed_button(
        "To permanently delete all predictions and pictures",
        "Delete all predictions",
        "delete-all",
        ":material/delete_forever:",
        _delete_all,
        history,
    )


def show_delete_account(history: History) -> None:
    """Show the button that deletes the account with all its data; without sign-in, all predictions."""
    if not sign_in():
        show_delete_all(history)
        return
    _show_confirmed_button(
        "To permanently delete your account with all predictions, pictures and activity",
        "Delete my account",
        "delete-account",
        ":material/person_remove:",
        _delete_account,
        history,
    )


def _show_confirmed_button(
    purpose: str, label: str, key: str, icon: str, delete: Callable[[History], None], history: History
) -> None:
    confirmation = st.text_input(f"{purpose}, type “{CONFIRMATION}”", key=_CONFIRMATION_KEY)
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=confirmation.strip().lower() != CONFIRMATION,
        on_click=delete,
        args=(history,),
    )


def _delete_account(history: History) -> None:
    st.session_state[_CONFIRMATION_KEY] = ""
    try:
        history.delete_account()
    except StorageError as error:
        queue_error(error)
    else:
        session().forget_deleted()
        # Also removes the sign-in cookie.
        st.logout()


def _delete_all(history: History) -> None:
    st.session_state[_CONFIRMATION_KEY] = ""
    try:
        count = count_noun(history.delete_all())
        session().forget_deleted()
        log_activity(history.user, Activity.DELETE, f"all, {count}")
    except StorageError as error:
        queue_error(error)
    else:
        queue_notice(f"Deleted {count}.")
