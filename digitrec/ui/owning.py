"""Taking one's records along, and deleting all of them."""

import io

import streamlit as st

from digitrec.auth import sign_in
from digitrec.errors import StoreError
from digitrec.store.export import export_pictures, export_table
from digitrec.store.records import Records
from digitrec.store.schema import Activity
from digitrec.ui.people import note
from digitrec.ui.store import forget_kept

CONFIRMATION = "delete everything"


def show_export(records: Records) -> None:
    """Show the downloads of all records: a table, and the pictures sorted by label."""
    st.markdown("Your records as a table, and their pictures in a folder for each digit, ready to train on.")
    with st.container(horizontal=True):
        # Made when they are asked for, not with each showing of the page.
        st.download_button(
            "Table (CSV)",
            lambda: _table(records),
            "digitrec-records.csv",
            "text/csv",
            key="export-table",
            icon=":material/table:",
            on_click="ignore",
        )
        st.download_button(
            "Pictures (ZIP)",
            lambda: _zip(records),
            "digitrec-pictures.zip",
            "application/zip",
            key="export-pictures",
            icon=":material/folder_zip:",
            on_click="ignore",
        )


def show_delete_all(records: Records) -> None:
    """Show what deletes all records and pictures, once its name has been typed."""
    st.text_input(f"To delete all records and pictures for good, type “{CONFIRMATION}”", key="confirm-delete")
    st.button(
        "Delete everything",
        key="delete-all",
        icon=":material/delete_forever:",
        disabled=st.session_state["confirm-delete"].strip().lower() != CONFIRMATION,
        on_click=_delete_all,
        args=(records,),
    )


def show_delete_account(records: Records) -> None:
    """Show what deletes a person with everything that is kept of them, once its name has been typed."""
    if not sign_in():
        show_delete_all(records)
        return
    st.text_input(
        f"To delete your account with all records, pictures and activities for good, type “{CONFIRMATION}”",
        key="confirm-forget",
    )
    st.button(
        "Delete my account",
        key="forget",
        icon=":material/person_remove:",
        disabled=st.session_state["confirm-forget"].strip().lower() != CONFIRMATION,
        on_click=_forget,
        args=(records,),
    )


def _forget(records: Records) -> None:
    st.session_state["confirm-forget"] = ""
    try:
        records.forget_person()
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
    else:
        forget_kept()
        # Takes the cookie away too.
        st.logout()


def _table(records: Records) -> bytes:
    note(records.person, Activity.EXPORT, "table")
    return export_table(records.all())


def _zip(records: Records) -> bytes:
    note(records.person, Activity.EXPORT, "pictures")
    buffer = io.BytesIO()
    export_pictures(records, records.all(), buffer)
    return buffer.getvalue()


def _delete_all(records: Records) -> None:
    st.session_state["confirm-delete"] = ""
    try:
        count = records.delete_all()
        forget_kept()
        note(records.person, Activity.DELETE, f"all {count} records")
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
    else:
        st.toast(f"{count:,} {'record is' if count == 1 else 'records are'} deleted, with their pictures.")
