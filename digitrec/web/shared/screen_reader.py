"""Announcements for screen readers."""

import streamlit as st

# Screen readers announce changes inside an existing live region only, and Streamlit replaces its elements.
_region = st.components.v2.component(
    "announcement",
    html='<div role="status"></div>',
    css="""
        div { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    """,
    js="""
        export default function ({ data, parentElement }) {
            const region = parentElement.querySelector("[role=status]");
            if (region.textContent !== data) region.textContent = data;
        }
    """,
)


def announce(text: str) -> None:
    """Announce a text once, however often the page runs with it."""
    _region(data=text, key="announcement", height=1)
