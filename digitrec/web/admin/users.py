"""The table of users, for administrators."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.storage import users as people
from digitrec.web.shared.current_user import current_user, is_admin
from digitrec.web.shared.history import history_of
from digitrec.web.shared.notices import queue_error


def show_users() -> None:
    """Show all people but guests, with what disables and enables them.

    Raises:
        StoreError: they cannot be read.
    """
    me = current_user()
    list_users = people.list_users(history_of(me).database)
    people_there = "one person" if len(list_users) == 1 else f"{len(list_users):,} people"
    st.caption(f"{people_there}, {int(list_users['predictions'].sum()):,} records in all")
    st.dataframe(
        list_users,
        hide_index=True,
        height="content",
        column_config={
            "user_id": None,
            "google_id": None,
            "name": "Name",
            "email": "Email",
            "predictions": "Records",
            "created_at": st.column_config.DatetimeColumn("Since", format="YYYY-MM-DD"),
            "last_login": st.column_config.DatetimeColumn("Last signed in", format="YYYY-MM-DD HH:mm"),
            "disabled": "Disabled",
        },
        alt="Everybody who signed in",
    )
    others = list_users[list_users["google_id"] != me.subject].set_index("user_id")
    if others.empty:
        return
    chosen = st.selectbox(
        "Person",
        others.index,
        format_func=lambda user_id: " · ".join(map(str, others.loc[user_id, ["name", "email"]])),
        key="person",
    )
    disabled = bool(others.at[chosen, "disabled"])
    st.button(
        "Enable this account" if disabled else "Disable this account",
        key="disable",
        icon=":material/check_circle:" if disabled else ":material/block:",
        on_click=_set_disabled,
        args=(int(chosen), not disabled),
    )
    st.caption("Whoever is disabled can still sign in and is told so; what is kept of them stays.")


def _set_disabled(user_id: int, disabled: bool) -> None:
    if not is_admin():
        return
    try:
        people.set_disabled(history_of(current_user()).database, user_id, disabled)
    except StorageError as error:
        queue_error(error)
