"""What the page says in passing."""

import streamlit as st

_KEY = "notices"


def queue_notice(text: str, icon: str | None = None) -> None:
    """Have something said as soon as the page, or the part of it that runs now, is shown.

    For callbacks, which must not show anything themselves: in the run of a fragment that takes the place of what is
    first on the page, such as an open dialog.
    """
    st.session_state.setdefault(_KEY, []).append((text, icon))


def queue_error(error: Exception) -> None:
    """Have said what went wrong."""
    queue_notice(str(error), ":material/error:")


def show_notices() -> None:
    """Say what was noticed since."""
    for text, icon in st.session_state.pop(_KEY, []):
        st.toast(text, icon=icon)


def show_script_error(_: Exception) -> bool:
    """Say in a sentence that a page broke, in place of Streamlit's own words; why, Streamlit has logged before."""
    st.error(
        "Something went wrong here that should not have. What was called saved is kept. Reload the page to go on. "
        "If it happens again, tell whoever runs this server, and when it happened.",
        icon=":material/error:",
    )
    return True
