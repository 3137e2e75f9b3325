"""The table of users, for administrators."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.storage import users as people
from digitrec.web.shared.current_user import current_person, is_admin
from digitrec.web.shared.history import records_of
from digitrec.web.shared.notices import notice_error


def show_everybody() -> None:
    """Show all people but guests, with what disables and enables them.

    Raises:
        StoreError: they cannot be read.
    """
    me = current_person()
    everybody = people.everybody(records_of(me).database)
    people_there = "one person" if len(everybody) == 1 else f"{len(everybody):,} people"
    st.caption(f"{people_there}, {int(everybody['predictions'].sum()):,} records in all")
    st.dataframe(
        everybody,
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
    others = everybody[everybody["google_id"] != me.subject].set_index("user_id")
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
        people.set_disabled(records_of(current_person()).database, user_id, disabled)
    except StoreError as error:
        notice_error(error)
