"""The choice between a few options of which one is always selected."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def choose(label: str, options: Iterable[T], key: str, format_func: Callable[[T], str] = str) -> T:
    """Show options as a row of buttons, at first with the first one selected, and return the selected one.

    The choice is kept when the user visits other pages.
    """
    options = list(options)
    return st.segmented_control(
        label,
        options,
        default=options[0],
        format_func=format_func,
        required=True,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
    )
