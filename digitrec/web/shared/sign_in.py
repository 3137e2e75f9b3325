"""Who is at this session: signing in, guests, and the menu of the account."""

import html
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import User, signed_in_at
from digitrec.config import settings
from digitrec.errors import StorageError
from digitrec.server.middleware import SIGN_IN_PROBLEM
from digitrec.storage import users as people
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.current_user import current_user, guest_from_cookie, is_expired, session_claims
from digitrec.web.shared.history import GUEST_PREDICTIONS, history_of
from digitrec.web.shared.markdown import escape_markdown
from digitrec.web.shared.session import session, start_session

_JUST_NOW = timedelta(minutes=10)

_PROBLEMS = {
    "unreachable": "You are not signed in: whoever is to say who you are cannot be reached. Try again in a while.",
    "refused": "You are not signed in: you did not allow it.",
    "failed": "You are not signed in: that sign-in was too old, or not begun here. Try again.",
}


def identify_user() -> User:
    """Take note of the person at this session and return them; whose account is disabled gets no further."""
    user = current_user()
    claims = session_claims()
    if not user.is_guest and claims:
        # Without a history digits are read all the same; the pages say that nothing is kept.
        with suppress(StorageError):
            user = _welcome(user, claims)
    state = session()
    state.user_subject = state.user_subject or user.subject
    if state.user_subject != user.subject:
        start_session(user.subject)
    return user


def _welcome(user: User, claims: Mapping[str, Any]) -> User:
    database = history_of(user).database
    if session().recorded_subject != user.subject:
        people.sign_in(database, user, signed_in_at(claims))
        session().recorded_subject = user.subject
    account_status = people.account_status(database, user)
    if account_status.is_disabled:
        st.error("Your account has been disabled. Ask whoever runs this app.", icon=":material/block:")
        st.button("Sign out", on_click=st.logout)
        st.stop()
    if account_status.has_signed_out or not account_status.is_known:
        session().ended_sign_in = claims.get("iat")
    return current_user()


def show_account_menu(user: User, account: Any) -> None:
    """Show who is signed in, or how to sign in; nothing where nobody signs in."""
    chosen = sign_in()
    if not chosen:
        return
    if user.is_guest:
        if is_expired(session_claims()):
            st.caption(f"You signed in more than {settings().sign_in_days} days ago.")
        for provider in chosen.providers:
            st.button(
                f"Sign in with {provider.capitalize()}",
                key=f"sign-in-{provider}",
                icon=":material/login:",
                on_click=st.login,
                args=(provider,),
            )
        return
    with st.popover(escape_markdown(user.name), icon=":material/account_circle:"):
        st.html(f"Signed in as <b>{html.escape(user.name)}</b><br>{html.escape(user.email)}")
        st.page_link(account)
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=sign_out, args=(user,))


def show_sign_in_problem(user: User) -> None:
    """Say why a sign-in came to nothing, if one did just now."""
    problem = st.query_params.pop(SIGN_IN_PROBLEM, None)
    if user.is_guest and problem in _PROBLEMS:
        # Not above the canvas, which the browser would mount anew when it goes.
        st.toast(f"{_PROBLEMS[problem]} You can go on as a guest.", icon=":material/no_accounts:", duration="infinite")


def sign_out(user: User) -> None:
    """End the sessions of somebody who signed in, in every tab and browser."""
    log_activity(user, Activity.LOGOUT)
    with suppress(StorageError):
        people.sign_out(history_of(user).database, user)
    st.logout()


def show_guest_notice() -> None:
    """Say quietly to a guest how long drawings are kept."""
    if current_user().is_guest:
        st.caption(
            f"As a guest, your last {GUEST_PREDICTIONS} drawings are kept for this browser, for "
            f"{settings().guest_days} days. Signing in keeps them all."
        )


def offer_guest_import(user: User) -> None:
    """Ask somebody who signed in just now whether what was drawn as a guest is to be theirs."""
    signed_in = user.signed_in_at
    if not signed_in or datetime.now(UTC) - signed_in > _JUST_NOW or session().guest_import_offered:
        return
    session().guest_import_offered = True
    try:
        count = history_of(guest_from_cookie()).count()
    except StorageError:
        return
    if count:
        _ask(user, count)


@st.dialog("Take your drawings along?")
def _ask(user: User, count: int) -> None:
    if count == 1:
        st.markdown("One drawing of a guest is kept for this browser. Is it yours?")
    else:
        st.markdown(f"{count} drawings of a guest are kept for this browser. Are they yours?")
    with st.container(horizontal=True):
        if st.button("Take them along" if count > 1 else "Take it along", key="take-along"):
            try:
                people.import_guest_history(history_of(user).database, guest_from_cookie(), user)
                session().forget_deleted()
                st.rerun()
            except StorageError as error:
                st.error(str(error), icon=":material/error:")
        if st.button("Not mine", key="not-mine"):
            st.rerun()
