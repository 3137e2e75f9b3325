"""Create, list and revoke the user's API keys."""

import streamlit as st

from digitrec.storage.api_keys import MAX_KEYS, MAX_NAME_LENGTH, ApiKey, create_key, list_keys, revoke_key
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.local_time import format_date, format_local, to_local
from digitrec.web.shared.names import escape_markdown
from digitrec.web.shared.notices import notify_errors, queue_notice
from digitrec.web.shared.preview import path_on_server
from digitrec.web.shared.session import session

_NAME_KEY = "key-name"


def show_keys(history: History) -> None:
    """Show the user's API keys. A new key is shown once, right after it was created."""
    st.header("API keys")
    st.markdown(
        "With an API key, a program can send images to digitrec on your behalf. The predictions are saved to "
        f"your history. See the [API documentation]({path_on_server('/api/docs')})."
    )
    keys = list_keys(history.database, history.user)
    for key in keys:
        _show_key(history, key)
    if len(keys) < MAX_KEYS:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name of the new key", key=_NAME_KEY, max_chars=MAX_NAME_LENGTH, placeholder="For example, My laptop"
            )
            st.button(
                "Create API key",
                key="create-key",
                icon=":material/key:",
                disabled=not name.strip(),
                on_click=_create,
                args=(history,),
            )
    else:
        st.caption(f"You've reached the limit of {MAX_KEYS} API keys. Revoke one to create another.")
    if new_key := session().new_api_key:
        session().new_api_key = None
        _show_new_key(new_key)


def _show_key(history: History, key: ApiKey) -> None:
    created = f"created {format_date(to_local(key.created_at))}"
    used = f"last used {format_local(key.last_used)}" if key.last_used else "never used"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", border=True):
        st.markdown(f"**{escape_markdown(key.name)}** · `{key.prefix}…` · {created} · {used}", width="content")
        label, args = f"Revoke {escape_markdown(key.name)}", (history, key)
        st.button(label, key=f"revoke-{key.key_id}", icon=":material/key_off:", on_click=_revoke, args=args)


@st.dialog("Your new API key")
def _show_new_key(key: str) -> None:
    st.markdown("Copy this key now. It isn't stored, so it can't be shown again.")
    st.code(key, language=None, wrap_lines=True)


@notify_errors()
def _create(history: History) -> None:
    name = st.session_state[_NAME_KEY].strip()
    try:
        session().new_api_key = create_key(history.database, history.user, name)
    except ValueError as error:
        queue_notice(str(error), ":material/error:")
    else:
        log_activity(history.user, Activity.MAKE_KEY, name)
        st.session_state[_NAME_KEY] = ""


@notify_errors()
def _revoke(history: History, key: ApiKey) -> None:
    if revoke_key(history.database, history.user, key.key_id):
        log_activity(history.user, Activity.REVOKE_KEY, key.name)
        queue_notice("API key revoked.")
