"""Who is at this session: signing in, guests, and the menu of the account."""

from typing import Any

import streamlit as st

from digitrec.accounts import Person, signed_in_at
from digitrec.auth import sign_in
from digitrec.errors import StoreError
from digitrec.middleware import SIGN_IN_PROBLEM
from digitrec.settings import settings
from digitrec.store import people
from digitrec.store.schema import Activity
from digitrec.ui.identity import claims_of_session, current_person, guest_of_browser, is_admin, is_stale
from digitrec.ui.store import GUEST_RECORDS, records_of

_VISITS = {
    "History": Activity.VIEW_HISTORY,
    "Analytics": Activity.VIEW_ANALYTICS,
    "Account": Activity.VIEW_PROFILE,
}

_PROBLEMS = {
    "unreachable": "You are not signed in: whoever is to say who you are cannot be reached. Try again in a while.",
    "refused": "You are not signed in: you did not allow it.",
    "failed": "You are not signed in: that sign-in was too old, or not begun here. Try again.",
}


def meet() -> Person:
    """Take note of the person at this session and return them; whose account is disabled gets no further."""
    person = current_person()
    claims = claims_of_session()
    if person.is_guest or not claims:
        return person
    try:
        database = records_of(person).database
        if st.session_state.get("met") != person.subject:
            people.sign_in(database, person, signed_in_at(claims))
            st.session_state.met = person.subject
        disabled = people.is_disabled(database, person)
    except StoreError:
        # Digits are read all the same; the pages say that nothing is kept.
        return person
    if disabled:
        st.error("Your account has been disabled. Ask whoever runs this app.", icon=":material/block:")
        st.button("Sign out", on_click=st.logout)
        st.stop()
    return person


def show_account_menu(person: Person, account: Any) -> None:
    """Show who is signed in, or how to sign in; nothing where nobody signs in."""
    chosen = sign_in()
    if not chosen:
        return
    if person.is_guest:
        if is_stale(claims_of_session()):
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
    with st.popover(person.name, icon=":material/account_circle:"):
        st.markdown(f"Signed in as **{plain(person.name)}**")
        st.caption(plain(person.email))
        st.page_link(account)
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=sign_out, args=(person,))


def say_sign_in_problem() -> None:
    """Say why a sign-in came to nothing, if one did just now."""
    problem = st.query_params.pop(SIGN_IN_PROBLEM, None)
    if problem in _PROBLEMS:
        st.session_state.sign_in_problem = _PROBLEMS[problem]
    if "sign_in_problem" in st.session_state:
        st.warning(f"{st.session_state.sign_in_problem} You can go on as a guest.", icon=":material/no_accounts:")
        st.button("I see", key="note-sign-in-problem", on_click=lambda: st.session_state.pop("sign_in_problem"))


def sign_out(person: Person) -> None:
    """End the session of somebody who signed in."""
    note(person, Activity.LOGOUT)
    st.logout()


def note(person: Person, activity: Activity, description: str | None = None) -> None:
    """Remember what a person did, if the history can be written."""
    try:
        records_of(person).log(activity, description)
    except StoreError:
        return


def note_visit(person: Person, page: str) -> None:
    """Remember that a person came to a page, once and not with each of its reruns."""
    if st.session_state.get("visited") != page:
        st.session_state.visited = page
        if page in _VISITS:
            note(person, _VISITS[page])


def say_guest() -> None:
    """Say quietly to a guest how long drawings are kept."""
    if current_person().is_guest:
        st.caption(
            f"As a guest, your last {GUEST_RECORDS} drawings are kept for this browser, for {settings().guest_days} "
            "days. Signing in keeps them all."
        )


def offer_to_take_along(person: Person) -> None:
    """Ask somebody who signed in whether what they drew as a guest is to be theirs, once a session."""
    if person.is_guest or not sign_in() or "asked_along" in st.session_state:
        return
    st.session_state.asked_along = True
    try:
        count = records_of(guest_of_browser()).count()
    except StoreError:
        return
    if count:
        _ask(person, count)


@st.dialog("Take your drawings along?")
def _ask(person: Person, count: int) -> None:
    drawings = "one drawing" if count == 1 else f"{count} drawings"
    st.markdown(f"In this browser, {drawings} were kept of a guest. Are they yours?")
    with st.container(horizontal=True):
        if st.button("Take them along", key="take-along", type="primary"):
            try:
                people.take_along(records_of(person).database, guest_of_browser(), person)
                st.rerun()
            except StoreError as error:
                st.error(str(error), icon=":material/error:")
        if st.button("Delete them", key="delete-guest"):
            try:
                records_of(guest_of_browser()).forget_person()
                st.rerun()
            except StoreError as error:
                st.error(str(error), icon=":material/error:")


def plain(text: str) -> str:
    """Text in which Markdown means nothing."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()<>#+-.!|$:~" else character for character in text)


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
            "name": "Name",
            "email": "Email",
            "predictions": "Records",
            "created_at": st.column_config.DatetimeColumn("Since", format="YYYY-MM-DD"),
            "last_login": st.column_config.DatetimeColumn("Last signed in", format="YYYY-MM-DD HH:mm"),
            "disabled": "Disabled",
        },
        alt="Everybody who signed in",
    )
    others = everybody[everybody["email"] != me.email].set_index("user_id")
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
        st.toast(str(error), icon=":material/error:")
