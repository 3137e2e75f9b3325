"""Notices (toasts) and error messages."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from digitrec.errors import MissingDataError, ModelError, StorageError
from digitrec.web.shared.session import session

_ERROR = ":material/error:"


def queue_notice(text: str, icon: str | None = None) -> None:
    """Show a notice in the next run of the page or fragment.

    Callbacks can't show anything themselves: in the run of a fragment, it would replace the first element of the page,
    such as an open dialog.
    """
    session().notices.append((text, icon))


def show_notices() -> None:
    """Show the queued notices."""
    notices = session().notices
    while notices:
        text, icon = notices.pop(0)
        st.toast(text, icon=icon)


@contextmanager
def notify_errors() -> Iterator[None]:
    """Queue a notice if the history or a model can't be read or changed. Also works as a decorator for callbacks."""
    try:
        yield
    except (ModelError, StorageError) as error:
        queue_notice(str(error), _ERROR)


@contextmanager
def show_errors() -> Iterator[None]:
    """Show an error if the history, a model or a test set can't be used. Also works as a decorator for dialogs."""
    try:
        yield
    except (MissingDataError, ModelError, StorageError) as error:
        st.error(str(error), icon=_ERROR)


def show_script_error(_: Exception) -> bool:
    """Show that a page failed, instead of Streamlit's own message; Streamlit has logged the cause."""
    st.error(
        "Something went wrong. Your saved drawings are safe. Reload the page to continue. If this happens again, tell "
        "the operator of this app when it happened.",
        icon=_ERROR,
    )
    return True
