"""Admission of pages: slow parts of a page wait for a free slot."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from digitrec.services import services
from digitrec.web.shared.current_user import client_address, rate_limit_key

P = ParamSpec("P")
T = TypeVar("T")


def admitted(show: Callable[P, T]) -> Callable[P, T | None]:
    """Let a part of a page run only while it has a slot; if the server is busy, show a warning and return None.

    A fragment or dialog needs a slot of its own, since it also runs when the rest of the page doesn't. Within a part
    that has a slot, another one shares it.
    """

    @wraps(show)
    def run(*args: P.args, **kwargs: P.kwargs) -> T | None:
        with services().admission.page_run(client_address(), f"views of {rate_limit_key()}") as is_admitted:
            if is_admitted:
                return show(*args, **kwargs)
        st.warning("The server is busy. Reload the page in a minute.", icon=":material/hourglass_top:")
        return None

    return run
