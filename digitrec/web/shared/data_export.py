"""Taking one's records along, and deleting all of them."""

import io
from collections.abc import Callable, Iterable

import streamlit as st

from digitrec.storage.export import NUMBERS, export_pictures, export_table
from digitrec.storage.filters import EVERYTHING, Filter
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import note


def show_export(records: Records, which: Filter = EVERYTHING) -> None:
    """Show the downloads of all records that fit: a table, and the pictures sorted by label."""
    those = "Your records" if which == EVERYTHING else "All records that match the filters"
    st.markdown(
        f"{those} as a table, and their pictures sorted into folders: one for each digit, ready to train on, and in "
        f"`{NUMBERS}` one for each whole number."
    )
    with st.container(horizontal=True):
        show_downloads(records, lambda: records.all(which), "export")


def show_downloads(records: Records, chosen: Callable[[], Iterable[Record]], key: str) -> None:
    """Show the downloads of chosen records, side by side with what else is in a horizontal container."""
    # Made when they are asked for, not with each showing of the page.
    st.download_button(
        "Table (CSV)",
        lambda: _table(records, chosen()),
        "digitrec-records.csv",
        "text/csv",
        key=f"{key}-table",
        icon=":material/table:",
        on_click="ignore",
    )
    st.download_button(
        "Pictures (ZIP)",
        lambda: _zip(records, chosen()),
        "digitrec-pictures.zip",
        "application/zip",
        key=f"{key}-pictures",
        icon=":material/folder_zip:",
        on_click="ignore",
    )


def _table(records: Records, chosen: Iterable[Record]) -> bytes:
    note(records.person, Activity.EXPORT, "table")
    return export_table(chosen)


def _zip(records: Records, chosen: Iterable[Record]) -> bytes:
    note(records.person, Activity.EXPORT, "pictures")
    buffer = io.BytesIO()
    export_pictures(records, chosen, buffer)
    return buffer.getvalue()
