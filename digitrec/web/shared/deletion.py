"""Deleting a whole history or account after a typed confirmation."""

from collections.abc import Callable

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.notices import notify_errors, queue_notice
from digitrec.web.shared.session import session

CONFIRMATION = "delete everything"
_CONFIRMATION_KEY = "confirm-delete"


def show_delete_all(history: History) -> None:
    """Show the button that deletes all predictions and their images."""
    _show_button("all predictions and images", "Delete all predictions", "delete-all", _delete_all, history)


def show_delete_account(history: History) -> None:
    """Show the button that deletes the account with all its data; without sign-in, all predictions."""
    if sign_in():
        what = "your account along with all its predictions, images and activity"
        _show_button(what, "Delete my account", "delete-account", _delete_account, history)
    else:
        show_delete_all(history)


def _show_button(what: str, label: str, key: str, delete: Callable[[History], None], history: History) -> None:
    text = st.text_input(f"To permanently delete {what}, type “{CONFIRMATION}”", key=_CONFIRMATION_KEY)
    disabled = text.strip().lower() != CONFIRMATION
    st.button(label, key=key, icon=":material/delete_forever:", disabled=disabled, on_click=delete, args=(history,))


@notify_errors()
def _delete_account(history: History) -> None:
    st.session_state[_CONFIRMATION_KEY] = ""
    history.delete_account()
    session().forget_deleted()
    # Also removes the sign-in cookie.
    st.logout()


@notify_errors()
def _delete_all(history: History) -> None:
    st.session_state[_CONFIRMATION_KEY] = ""
    count = history.delete_all()
    session().forget_deleted()
    log_activity(history.user, Activity.DELETE, f"all predictions ({count:,})")
    queue_notice(f"Deleted {count_noun(count)}.")
