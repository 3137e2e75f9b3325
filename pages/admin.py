"""The list of users, where admins can disable an account."""

import streamlit as st

from digitrec.services import services
from digitrec.storage import users
from digitrec.storage.export import escape_formula
from digitrec.web.shared.current_user import current_user, is_admin
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.notices import notify_errors
from digitrec.web.shared.router import require_router

require_router(__file__)

if not is_admin():
    st.error("Only admins can open this page.", icon=":material/block:")
    st.stop()


@notify_errors()
def set_disabled(user_id: int, disabled: bool) -> None:
    # The button may have been clicked in a session that is no longer an admin's.
    if is_admin():
        users.set_disabled(services().database, user_id, disabled)


table = users.list_users(services().database)
# The table can be downloaded, and users choose their names.
table[["name", "email"]] = table[["name", "email"]].map(escape_formula)
st.caption(f"{count_noun(len(table), 'user')}, {count_noun(int(table['predictions'].sum()))}")
st.dataframe(
    table,
    hide_index=True,
    height="content",
    column_config={
        "user_id": None,
        "google_id": None,
        "name": "Name",
        "email": "Email",
        "predictions": "Predictions",
        "created_at": st.column_config.DateColumn("Member since", format="localized"),
        "last_login": st.column_config.DatetimeColumn("Last sign-in", format="localized"),
        "disabled": "Disabled",
    },
    alt="All users except guests",
)
others = table[table["google_id"] != current_user().subject].set_index("user_id")
if not others.empty:
    user_id = st.selectbox(
        "User",
        others.index,
        format_func=lambda user_id: " · ".join(map(str, others.loc[user_id, ["name", "email"]])),
        key="user",
    )
    disabled = bool(others.at[user_id, "disabled"])
    st.button(
        "Enable account" if disabled else "Disable account",
        key="disable",
        icon=":material/check_circle:" if disabled else ":material/block:",
        on_click=set_disabled,
        args=(int(user_id), not disabled),
    )
    st.caption("Disabled users can't sign in. Their data is kept.")
