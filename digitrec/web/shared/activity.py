"""The log of what users do."""

import streamlit as st

from digitrec.accounts.users import User
from digitrec.errors import StorageError
from digitrec.storage.schema import Activity
from digitrec.web.shared.history import history_of

_VISITS = {
    "History": Activity.VIEW_HISTORY,
    "Analytics": Activity.VIEW_ANALYTICS,
    "Account": Activity.VIEW_PROFILE,
}


def log_activity(user: User, activity: Activity, description: str | None = None) -> None:
    """Remember what a person did, if the history can be written."""
    try:
        history_of(user).log(activity, description)
    except StorageError:
        return


def log_page_visit(user: User, page: str) -> None:
    """Remember that a person came to a page, once and not with each of its reruns."""
    st.session_state.has_come = st.session_state.get("visited") != page
    if st.session_state.has_come:
        st.session_state.visited = page
        if page in _VISITS:
            log_activity(user, _VISITS[page])
