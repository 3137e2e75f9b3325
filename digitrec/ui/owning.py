"""Taking one's records along, and deleting all of them."""

import io
from collections.abc import Callable, Iterable

import streamlit as st

from digitrec.auth import sign_in
from digitrec.errors import StoreError
from digitrec.store.export import NUMBERS, export_pictures, export_table
from digitrec.store.listing import EVERYTHING, Filter
from digitrec.store.record import Record
from digitrec.store.records import Records
from digitrec.store.schema import Activity
from digitrec.ui.notices import notice, notice_error
from digitrec.ui.people import note
from digitrec.ui.store import forget_kept
from digitrec.ui.words import counted

CONFIRMATION = "delete everything"
_CONFIRM = "confirm-delete"


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


def show_delete_all(records: Records) -> None:
    """Show what deletes all records and pictures, once its name has been typed."""
    _show_typed_button(
        "To delete all records and pictures for good",
        "Delete everything",
        "delete-all",
        ":material/delete_forever:",
        _delete_all,
        records,
    )


def show_delete_account(records: Records) -> None:
    """Show what deletes a person with everything that is kept of them, once its name has been typed."""
    if not sign_in():
        show_delete_all(records)
        return
    _show_typed_button(
        "To delete your account with all records, pictures and activities for good",
        "Delete my account",
        "forget",
        ":material/person_remove:",
        _forget,
        records,
    )


def _show_typed_button(
    purpose: str, label: str, key: str, icon: str, delete: Callable[[Records], None], records: Records
) -> None:
    confirmation = st.text_input(f"{purpose}, type “{CONFIRMATION}”", key=_CONFIRM)
    st.button(
        label,
        key=key,
        icon=icon,
        disabled=confirmation.strip().lower() != CONFIRMATION,
        on_click=delete,
        args=(records,),
    )


def _forget(records: Records) -> None:
    st.session_state[_CONFIRM] = ""
    try:
        records.forget_person()
    except StoreError as error:
        notice_error(error)
    else:
        forget_kept()
        # Takes the cookie away too.
        st.logout()


def _table(records: Records, chosen: Iterable[Record]) -> bytes:
    note(records.person, Activity.EXPORT, "table")
    return export_table(chosen)


def _zip(records: Records, chosen: Iterable[Record]) -> bytes:
    note(records.person, Activity.EXPORT, "pictures")
    buffer = io.BytesIO()
    export_pictures(records, chosen, buffer)
    return buffer.getvalue()


def _delete_all(records: Records) -> None:
    st.session_state[_CONFIRM] = ""
    try:
        count = records.delete_all()
        forget_kept()
        note(records.person, Activity.DELETE, f"all {count} records")
    except StoreError as error:
        notice_error(error)
    else:
        notice(f"{counted(count)} deleted for good, with the pictures.")
