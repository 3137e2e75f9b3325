"""What changed on the page, said to those who listen to it."""

import streamlit as st

# A screen reader speaks what changes within a live region that was there before; Streamlit puts its elements anew.
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
    """Say a text, once however often the page runs with it."""
    _region(data=text, key="announcement", height=1)
