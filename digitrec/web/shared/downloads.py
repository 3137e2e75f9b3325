"""Downloads: the button for a file, and the export of predictions as a table or as images."""

import mimetypes
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from typing import IO

import streamlit as st

from digitrec.storage.export import NUMBERS, UNSORTED, export_pictures, export_table
from digitrec.storage.filters import NO_FILTER, Filter
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity


def show_download(label: str, make: Callable[[], bytes], filename: str, key: str, icon: str = "download") -> None:
    """Show a button that downloads what ``make`` returns when it is clicked. The page doesn't run again."""
    mime = mimetypes.guess_type(filename)[0]
    st.download_button(label, make, filename, mime, key=key, icon=f":material/{icon}:", on_click="ignore")


def show_export(history: History, filter: Filter = NO_FILTER) -> None:
    """Show the export buttons for all predictions that match a filter."""
    scope = "all your predictions" if filter == NO_FILTER else "all predictions that match the filters"
    st.markdown(
        f"Export {scope} as a table, or as images in one folder per digit. Images labeled *Not a digit*, and "
        f"those with neither a label nor a confident prediction, are in `{UNSORTED}`; numbers are in `{NUMBERS}`."
    )
    with st.container(horizontal=True):
        show_downloads(history, lambda: history.all(filter), "export")


def show_downloads(history: History, select: Callable[[], Iterable[SavedPrediction]], key: str) -> None:
    """Show the two export buttons; ``select`` returns the predictions when one of them is clicked."""

    def make_table() -> bytes:
        return _make_file(history, "table", lambda file: export_table(select(), file))

    def make_images() -> bytes:
        return _make_file(history, "images", lambda file: export_pictures(history, select(), file))

    show_download("Export table (CSV)", make_table, "digitrec-predictions.csv", f"{key}-table", "table")
    show_download("Export images (ZIP)", make_images, "digitrec-images.zip", f"{key}-images", "folder_zip")


def _make_file(history: History, description: str, write: Callable[[IO[bytes]], object]) -> bytes:
    log_activity(history.user, Activity.EXPORT, description)
    # Streamlit serves downloads from memory, so the finished file is read once. Until then it grows on disk.
    with TemporaryFile() as file:
        write(file)
        file.seek(0)
        return file.read()
