"""A notice while the browser is offline."""

import streamlit as st

# Streamlit reports a closed connection, but not one that hangs.
_watcher = st.components.v2.component(
    "connection",
    html='<div role="alert"></div>',
    css="""
        [role=alert]:not(:empty) {
            position: fixed; inset: auto 0 0 0; z-index: 1000; padding: .75rem;
            background: #b3261e; color: #fff; font-family: sans-serif; text-align: center;
        }
    """,
    js="""
        export default function ({ data, parentElement }) {
            const alert = parentElement.querySelector("[role=alert]");
            const update = () => { alert.textContent = navigator.onLine ? "" : data; };
            update();
            window.addEventListener("offline", update);
            window.addEventListener("online", update);
            return () => {
                window.removeEventListener("offline", update);
                window.removeEventListener("online", update);
            };
        }
    """,
)


def watch_connection() -> None:
    """Show a notice while the browser is offline."""
    _watcher(
        data="You're offline. Your drawing stays on the canvas and is recognized when you're back online.",
        key="connection",
        height=1,
    )
