"""What the page says in passing."""

import streamlit as st

_KEY = "notices"


def notice(text: str, icon: str | None = None) -> None:
    """Have something said as soon as the page, or the part of it that runs now, is shown.

    For callbacks, which must not show anything themselves: in the run of a fragment that takes the place of what is
    first on the page, such as an open dialog.
    """
    st.session_state.setdefault(_KEY, []).append((text, icon))


def notice_error(error: Exception) -> None:
    """Have said what went wrong."""
    notice(str(error), ":material/error:")


def show_notices() -> None:
    """Say what was noticed since."""
    for text, icon in st.session_state.pop(_KEY, []):
        st.toast(text, icon=icon)
