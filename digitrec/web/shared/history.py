"""The history of the current user."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.services import services
from digitrec.storage.history import History
from digitrec.web.shared.current_user import current_user
from digitrec.web.shared.session import session


def current_history() -> History:
    """Return the history of the current user; raises StorageError if storage is misconfigured."""
    return services().history_of(current_user())


def show_lost_history_warning() -> None:
    """Warn that the data folder was removed while the app ran, until the user dismisses the warning."""
    try:
        database = current_history().database
        database.reopen_if_lost()
    except StorageError:
        return
    generation = database.generation
    if generation > session().acknowledged_losses:
        st.warning(
            "The data folder was removed while the app was running, and your history with it. "
            "New predictions are saved in a new folder.",
            icon=":material/folder_off:",
        )
        st.button("Dismiss", key="dismiss-loss", on_click=setattr, args=(session(), "acknowledged_losses", generation))
