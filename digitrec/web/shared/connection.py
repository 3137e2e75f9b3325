"""Whether the browser has a network."""

import streamlit as st

# Streamlit tells of a connection that was closed, but not of one that hangs.
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
            const tell = () => { alert.textContent = navigator.onLine ? "" : data; };
            tell();
            window.addEventListener("offline", tell);
            window.addEventListener("online", tell);
            return () => {
                window.removeEventListener("offline", tell);
                window.removeEventListener("online", tell);
            };
        }
    """,
)


def watch_connection() -> None:
    """Say on the page that there is no network while there is none."""
    _watcher(
        data="No network. What you draw stays on the canvas, and is read when the network is back.",
        key="connection",
        height=1,
    )
