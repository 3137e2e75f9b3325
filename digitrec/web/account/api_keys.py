"""A person's keys of the API: making, naming, seeing and revoking them."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.storage.api_keys import MAX_KEYS, MAX_NAME_LENGTH, ApiKey, create_key, list_keys, revoke_key
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.local_time import local
from digitrec.web.shared.markdown import escape_markdown
from digitrec.web.shared.session import session

_NAME = "key-name"


def show_keys(history: History) -> None:
    """Show the person's keys, with what makes and revokes them; a new one is shown this once.

    Raises:
        StoreError: they cannot be read.
    """
    st.header("Keys for the API")
    st.markdown(
        "A program that sends one reads pictures in your name, and what it reads is kept in your history. "
        "[How to use it](/api/docs)."
    )
    keys = list_keys(history.database, history.user)
    for key in keys:
        _show_key(history, key)
    if len(keys) < MAX_KEYS:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name of a new key", key=_NAME, max_chars=MAX_NAME_LENGTH, placeholder="For example, my laptop"
            )
            st.button(
                "Make a key",
                key="make-key",
                icon=":material/key:",
                disabled=not name.strip(),
                on_click=_make,
                args=(history,),
            )
    else:
        st.caption(f"{MAX_KEYS} keys are the most. Revoke one that is not used any more to make another.")
    if new := session().new_api_key:
        session().new_api_key = None
        _show_new(new)


def _show_key(history: History, key: ApiKey) -> None:
    used = f"last used {local(key.last_used):%Y-%m-%d %H:%M}" if key.last_used else "not used yet"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", border=True):
        st.markdown(
            f"**{escape_markdown(key.name)}** · `{key.prefix}…` · made {local(key.created_at):%Y-%m-%d} · {used}",
            width="content",
        )
        st.button(
            f"Revoke {escape_markdown(key.name)}",
            key=f"revoke-{key.key_id}",
            icon=":material/key_off:",
            on_click=_revoke,
            args=(history, key),
        )


@st.dialog("Your new key")
def _show_new(key: str) -> None:
    st.markdown("Copy it now. It is not kept here, and nobody can show it again.")
    st.code(key, language=None, wrap_lines=True)


def _make(history: History) -> None:
    name = st.session_state[_NAME].strip()
    try:
        session().new_api_key = create_key(history.database, history.user, name)
        log_activity(history.user, Activity.MAKE_KEY, name)
        st.session_state[_NAME] = ""
    except (StorageError, ValueError) as error:
        st.toast(str(error), icon=":material/error:")


def _revoke(history: History, key: ApiKey) -> None:
    try:
        if revoke_key(history.database, history.user, key.key_id):
            log_activity(history.user, Activity.REVOKE_KEY, key.name)
            st.toast("The key is revoked.")
    except StorageError as error:
        st.toast(str(error), icon=":material/error:")
