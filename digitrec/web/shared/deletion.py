"""Deleting a user's history or account, once a confirmation has been typed."""

from collections.abc import Callable

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.errors import StoreError
from digitrec.storage.history import Records
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import note
from digitrec.web.shared.names import counted
from digitrec.web.shared.notices import notice, notice_error
from digitrec.web.shared.saving import forget_kept

CONFIRMATION = "delete everything"


_CONFIRM = "confirm-delete"


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
