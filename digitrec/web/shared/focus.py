"""The focus of the keyboard, where Streamlit loses it or hardly shows it."""

from pathlib import Path

import streamlit as st

_focus = st.components.v2.component(
    "focus",
    css="""
        a:is([data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"]):focus-visible,
        .stElementToolbar button:focus-visible {
            outline: 2px solid;
            outline-offset: -2px;
        }
    """,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def keep_focus() -> None:
    """Move the focus into popovers opened with the keyboard and back from menus, and show it on links to pages."""
    _focus(key="focus", height=1)
