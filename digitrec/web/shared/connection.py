"""The notice while the browser is offline or the server doesn't respond."""

from pathlib import Path

import streamlit as st

# Streamlit reports a closed connection only after a while, and in its own words; one that hangs, it doesn't report.
_connection = st.components.v2.component(
    "connection",
    html='<div role="alert"></div>',
    css="""
        [role=alert]:not(:empty) {
            position: fixed; inset: 3.75rem 0 auto; z-index: 1000; padding: .5rem;
            background: #b3261e; color: #fff; font-family: var(--st-font); text-align: center;
        }
    """,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def watch_connection(*, has_canvas: bool) -> None:
    """Show a notice while there is no connection; on a page with a canvas, it says what happens to the drawing."""
    what = "Your drawing stays on the canvas and is recognized" if has_canvas else "This page works again"
    notices = {
        "offline": f"You're offline. {what} when you're back online.",
        "disconnected": f"The server isn't responding. {what} when it's back.",
    }
    _connection(data=notices, key="connection", height=1)
