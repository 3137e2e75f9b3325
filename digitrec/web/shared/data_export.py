"""Taking one's records along, and deleting all of them."""

import io
from collections.abc import Callable, Iterable

import streamlit as st

from digitrec.storage.export import NUMBERS, export_pictures, export_table
from digitrec.storage.filters import NO_FILTER, Filter
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity


def show_export(history: History, which: Filter = NO_FILTER) -> None:
    """Show the downloads of all records that fit: a table, and the pictures sorted by label."""
    those = "Your records" if which == NO_FILTER else "All records that match the filters"
    st.markdown(
        f"{those} as a table, and their pictures sorted into folders: one for each digit, ready to train on, and in "
        f"`{NUMBERS}` one for each whole number."
    )
    with st.container(horizontal=True):
        show_downloads(history, lambda: history.all(which), "export")


def show_downloads(history: History, chosen: Callable[[], Iterable[SavedPrediction]], key: str) -> None:
    """Show the downloads of chosen records, side by side with what else is in a horizontal container."""
    # Made when they are asked for, not with each showing of the page.
    st.download_button(
        "Table (CSV)",
        lambda: _table(history, chosen()),
        "digitrec-records.csv",
        "text/csv",
        key=f"{key}-table",
        icon=":material/table:",
        on_click="ignore",
    )
    st.download_button(
        "Pictures (ZIP)",
        lambda: _zip(history, chosen()),
        "digitrec-pictures.zip",
        "application/zip",
        key=f"{key}-pictures",
        icon=":material/folder_zip:",
        on_click="ignore",
    )


def _table(history: History, chosen: Iterable[SavedPrediction]) -> bytes:
    log_activity(history.user, Activity.EXPORT, "table")
    return export_table(chosen)


def _zip(history: History, chosen: Iterable[SavedPrediction]) -> bytes:
    log_activity(history.user, Activity.EXPORT, "pictures")
    buffer = io.BytesIO()
    export_pictures(history, chosen, buffer)
    return buffer.getvalue()
