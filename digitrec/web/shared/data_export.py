"""Exporting predictions as a table or as pictures."""

import io
from collections.abc import Callable, Iterable

import streamlit as st

from digitrec.storage.export import NUMBERS, export_pictures, export_table
from digitrec.storage.filters import NO_FILTER, Filter
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity


def show_export(history: History, filter: Filter = NO_FILTER) -> None:
    """Show the export buttons for all predictions that match a filter."""
    scope = "all your predictions" if filter == NO_FILTER else "all predictions that match the filters"
    st.markdown(
        f"Export {scope} as a table, or the pictures sorted into folders by label. The folders of the digits are ready "
        f"for training. The folder `{NUMBERS}` contains one for each number."
    )
    with st.container(horizontal=True):
        show_downloads(history, lambda: history.all(filter), "export")


def show_downloads(history: History, select: Callable[[], Iterable[SavedPrediction]], key: str) -> None:
    """Show the two export buttons; ``select`` returns the predictions when one of them is clicked."""
    st.download_button(
        "Export table (CSV)",
        lambda: _table(history, select()),
        "digitrec-predictions.csv",
        "text/csv",
        key=f"{key}-table",
        icon=":material/table:",
        on_click="ignore",
    )
    st.download_button(
        "Export pictures (ZIP)",
        lambda: _zip(history, select()),
        "digitrec-pictures.zip",
        "application/zip",
        key=f"{key}-pictures",
        icon=":material/folder_zip:",
        on_click="ignore",
    )


def _table(history: History, predictions: Iterable[SavedPrediction]) -> bytes:
    log_activity(history.user, Activity.EXPORT, "table")
    return export_table(predictions)


def _zip(history: History, predictions: Iterable[SavedPrediction]) -> bytes:
    log_activity(history.user, Activity.EXPORT, "pictures")
    buffer = io.BytesIO()
    export_pictures(history, predictions, buffer)
    return buffer.getvalue()
