"""The log of what users do."""

import streamlit as st

from digitrec.accounts.users import Person
from digitrec.errors import StoreError
from digitrec.storage.schema import Activity
from digitrec.web.shared.history import records_of

_VISITS = {
    "History": Activity.VIEW_HISTORY,
    "Analytics": Activity.VIEW_ANALYTICS,
    "Account": Activity.VIEW_PROFILE,
}


def note(person: Person, activity: Activity, description: str | None = None) -> None:
    """Remember what a person did, if the history can be written."""
    try:
        records_of(person).log(activity, description)
    except StoreError:
        return


def note_visit(person: Person, page: str) -> None:
    """Remember that a person came to a page, once and not with each of its reruns."""
    st.session_state.has_come = st.session_state.get("visited") != page
    if st.session_state.has_come:
        st.session_state.visited = page
        if page in _VISITS:
            note(person, _VISITS[page])
