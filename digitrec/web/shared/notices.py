"""Notices (toasts), and the message of a page that failed."""

import streamlit as st

from digitrec.web.shared.session import session


def queue_notice(text: str, icon: str | None = None) -> None:
    """Show a notice in the next run of the page or fragment.

    Callbacks can't show anything themselves: in the run of a fragment, it would replace the first element of the page,
    such as an open dialog.
    """
    session().notices.append((text, icon))


def queue_error(error: Exception) -> None:
    """Show the message of an error in the next run of the page or fragment."""
    queue_notice(str(error), ":material/error:")


def show_notices() -> None:
    """Show the queued notices."""
    notices = session().notices
    while notices:
        text, icon = notices.pop(0)
        st.toast(text, icon=icon)


def show_script_error(_: Exception) -> bool:
    """Show that a page failed, in place of Streamlit's own message; Streamlit has logged the cause."""
    st.error(
        "Something went wrong. Your saved drawings are safe. Reload the page to continue. If it happens again, tell "
        "the administrator when it happened.",
        icon=":material/error:",
    )
    return True
