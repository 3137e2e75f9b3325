"""Signing in and out, the account menu, and notices for guests."""

import html
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import User, signed_in_at, user_from_claims
from digitrec.config import settings
from digitrec.errors import StorageError
from digitrec.server.middleware import SIGN_IN_PROBLEM
from digitrec.services import services
from digitrec.storage import users
from digitrec.storage.retention import GUEST_PREDICTIONS
from digitrec.storage.schema import Activity
from digitrec.storage.users import AccountStatus
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.current_user import current_user, guest_from_cookie, is_expired, session_claims
from digitrec.web.shared.names import count_noun, escape_markdown
from digitrec.web.shared.notices import queue_notice, show_errors
from digitrec.web.shared.session import session, start_session

_RECENT = timedelta(minutes=10)

_PROBLEMS = {
    "unreachable": "The sign-in provider can't be reached. Try again later.",
    "refused": "The sign-in was canceled or denied.",
    "failed": "The sign-in expired or wasn't started in this browser. Try again.",
}


def identify_user() -> User:
    """Return the user of this session and record the sign-in. If the user is disabled, show an error and stop."""
    user = current_user()
    claims = session_claims()
    if not user.is_guest and claims:
        # Recognition works without the database; the pages say that nothing is saved.
        with suppress(StorageError):
            user = _record_sign_in(user, claims)
    state = session()
    state.user_subject = state.user_subject or user.subject
    if state.user_subject != user.subject:
        start_session(user.subject)
    return user


def _record_sign_in(user: User, claims: Mapping[str, Any]) -> User:
    database = services().database
    if session().recorded_subject != user.subject:
        users.sign_in(database, user, signed_in_at(claims))
        session().recorded_subject = user.subject
    status = users.account_status(database, user)
    if status is AccountStatus.DISABLED:
        st.error("Your account is disabled. Contact the operator of this app.", icon=":material/block:")
        st.button("Sign out", on_click=st.logout)
        st.stop()
    if status is not AccountStatus.ACTIVE:
        session().ended_sign_in = claims.get("iat")
    return current_user()


def show_account_menu(user: User, account: Any) -> None:
    """Show the account menu or, to guests, the sign-in buttons; show nothing if sign-in isn't set up."""
    config = sign_in()
    if not config:
        return
    if user.is_guest:
        if is_expired(session_claims()):
            st.caption(f"Your sign-in expired after {count_noun(settings().sign_in_days, 'day')}.")
        for provider in config.providers:
            label, key = f"Sign in with {provider.capitalize()}", f"sign-in-{provider}"
            st.button(label, key=key, icon=":material/login:", on_click=st.login, args=(provider,))
        return
    with st.popover(escape_markdown(user.name), icon=":material/account_circle:"):
        email = f"<br>{html.escape(user.email)}" if user.has_email else ""
        st.html(f"Signed in as <b>{html.escape(user.name)}</b>{email}")
        st.page_link(account)
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=sign_out, args=(user,))


def show_sign_in_problem(user: User) -> None:
    """Show why the last sign-in failed, if it did."""
    problem = st.query_params.pop(SIGN_IN_PROBLEM, None)
    if user.is_guest and problem in _PROBLEMS:
        # A toast, since an element above the canvas would make the browser mount the canvas again.
        text = f"{_PROBLEMS[problem]} You can continue as a guest."
        st.toast(text, icon=":material/no_accounts:", duration="infinite")


def sign_out(user: User) -> None:
    """Sign a user out in every tab and browser."""
    log_activity(user, Activity.LOGOUT)
    with suppress(StorageError):
        users.sign_out(services().database, user)
    st.logout()


def end_sign_in(claims: Mapping[str, Any]) -> None:
    """End a sign-in, including all copies of its cookie, unless the database can't be reached."""
    if not is_expired(claims):
        with suppress(StorageError):
            users.sign_out(services().database, user_from_claims(claims))


def show_guest_notice() -> None:
    """Tell a guest how many predictions are stored and for how long."""
    if current_user().is_guest:
        st.caption(
            f"You're a guest. Your last {GUEST_PREDICTIONS} predictions are visible only in this browser. After "
            f"{count_noun(settings().guest_days, 'day')} without a new one, they are deleted. Sign in to keep all your "
            "predictions."
        )


def offer_guest_import(user: User) -> None:
    """Offer a user who has just signed in to import their guest predictions."""
    if not user.signed_in_at or datetime.now(UTC) - user.signed_in_at > _RECENT or session().guest_import_offered:
        return
    session().guest_import_offered = True
    try:
        count = services().history_of(guest_from_cookie()).count()
    except StorageError:
        return
    if count:
        _offer_import(user, count)


@st.dialog("Import guest predictions?")
def _offer_import(user: User, count: int) -> None:
    them = "it" if count == 1 else "them"
    st.markdown(f"A guest made {count_noun(count)} in this browser. Import {them} into your history?")
    with st.container(horizontal=True):
        if st.button("Import", key="import-guest-history"):
            with show_errors():
                imported = users.import_guest_history(services().database, guest_from_cookie(), user)
                session().forget_deleted()
                queue_notice(f"Imported {count_noun(imported)}.")
                st.rerun()
        if st.button("Don't import", key="skip-guest-import"):
            st.rerun()
