"""The history of whoever uses the app."""

from dataclasses import replace

import streamlit as st

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.config import settings
from digitrec.errors import StorageError
from digitrec.storage.history import History, open_history
from digitrec.web.shared.current_user import current_user
from digitrec.web.shared.session import session

GUEST_PREDICTIONS = 20
"""How many predictions a guest's history keeps."""


def current_history() -> History:
    """The records of the person at this session.

    Raises:
        StoreError: settings name no kind of database or place for pictures that there is.
    """
    return history_of(current_user())


def history_of(user: User) -> History:
    """The records of a person, in the one store of the server.

    Raises:
        StoreError: settings name no kind of database or place for pictures that there is.
    """
    return replace(_store(), user=user)


@st.cache_resource(show_spinner=False)
def _store() -> History:
    return open_history(settings().data, LOCAL_USER, settings().database_url, settings().pictures)


def show_lost_history_warning() -> None:
    """Say that the data folder was taken away while the app ran, if it was, until the person has taken note."""
    try:
        database = current_history().database
        database.reopen_if_lost()
    except StorageError:
        return
    if database.generation > session().acknowledged_losses:
        st.warning(
            "The folder with the history was removed while the app ran. What was kept in it is gone; "
            "what is drawn from now on is kept in a new one.",
            icon=":material/folder_off:",
        )
        st.button("I see", key="note-loss", on_click=_note_losses, args=(database.generation,))


def _note_losses(generation: int) -> None:
    session().acknowledged_losses = generation
