"""A choice of a few options, one of which is always selected."""

from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

import streamlit as st

T = TypeVar("T")
Bind = Literal["query-params"] | None


def choose(label: str, options: Iterable[T], key: str, format_func: Callable[[T], str] = str, bind: Bind = None) -> T:
    """Show options as a row of buttons, the first one selected by default, and return the selected one.

    On a narrow screen, the row scrolls. The choice is still there when the user comes back from another page. If it is
    bound to the query parameters, the address holds it instead.
    """
    options = list(options)
    return st.segmented_control(
        label,
        options,
        default=options[0],
        format_func=format_func,
        required=True,
        label_visibility="collapsed",
        wrap=False,
        key=key,
        persist_state=None if bind else "session",
        bind=bind,
    )
