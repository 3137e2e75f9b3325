"""What the page says in passing."""

import streamlit as st

from digitrec.web.shared.session import session


def queue_notice(text: str, icon: str | None = None) -> None:
    """Have something said as soon as the page, or the part of it that runs now, is shown.

    For callbacks, which must not show anything themselves: in the run of a fragment that takes the place of what is
    first on the page, such as an open dialog.
    """
    session().notices.append((text, icon))


def queue_error(error: Exception) -> None:
    """Have said what went wrong."""
    queue_notice(str(error), ":material/error:")


def show_notices() -> None:
    """Say what was noticed since."""
    notices = session().notices
    while notices:
        text, icon = notices.pop(0)
        st.toast(text, icon=icon)


def show_script_error(_: Exception) -> bool:
    """Say in a sentence that a page broke, in place of Streamlit's own words; why, Streamlit has logged before."""
    st.error(
        "Something went wrong here that should not have. What was called saved is kept. Reload the page to go on. "
        "If it happens again, tell whoever runs this server, and when it happened.",
        icon=":material/error:",
    )
    return True
