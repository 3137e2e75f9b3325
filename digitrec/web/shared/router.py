"""Make sure that every page runs under the router, ``streamlit_app.py``."""

import streamlit as st

from digitrec.web.shared.session import session


def require_router(page: str) -> None:
    """Restart under the router if Streamlit ran the script ``page`` without it.

    Until ``st.navigation`` has run once in a process, Streamlit treats a folder named ``pages`` as a multipage app and
    answers the first visit to ``/history`` with that script alone: without a title, and without turning away users who
    are disabled or signed out.
    """
    # The router's first step is to identify the user.
    if session().user_subject is None:
        st.navigation([st.Page("streamlit_app.py", default=True), st.Page(page)], position="hidden")
        st.rerun()
