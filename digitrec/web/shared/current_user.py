"""Who is at this session, as the provider's claims or the browser's cookie say."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import LOCAL_USER, User, guest, signed_in_at, user_from_claims
from digitrec.config import settings
from digitrec.server.middleware import GUEST_COOKIE
from digitrec.web.shared.session import session


def current_user() -> User:
    """The person at this session: who signed in, else the guest of this browser; without sign-in the local person."""
    if not sign_in():
        return LOCAL_USER
    claims = session_claims()
    if claims and not is_expired(claims) and session().ended_sign_in != claims.get("iat"):
        return user_from_claims(claims)
    return guest_from_cookie()


def is_admin() -> bool:
    """Whether the person at this session is an administrator: by a verified email of the first provider there is."""
    chosen, claims = sign_in(), session_claims()
    return bool(
        chosen
        and claims
        and not is_expired(claims)
        and claims.get("provider") == chosen.providers[0]
        and claims.get("email_verified") is True
        and str(claims.get("email")).lower() in settings().admin_emails
    )


def session_claims() -> Mapping[str, Any] | None:
    """What the provider says of whoever signed in, None where nobody did."""
    claims = st.user.to_dict()
    return claims if claims.get("is_logged_in") and "iss" in claims and "sub" in claims else None


def is_expired(claims: Mapping[str, Any] | None) -> bool:
    """Whether somebody signed in too long ago."""
    return claims is not None and datetime.now(UTC) - signed_in_at(claims) > timedelta(days=settings().sign_in_days)


def guest_from_cookie() -> User:
    """The guest whose secret this browser holds."""
    # Without server.py, or where cookies are refused, a guest is known for the session only.
    if secret := st.context.cookies.get(GUEST_COOKIE):
        return guest(secret)
    state = session()
    state.guest_secret = state.guest_secret or secrets.token_urlsafe(32)
    return guest(state.guest_secret)


def rate_limit_key() -> str:
    """By what is counted how much somebody asks for: the person who signed in, else the address."""
    user = current_user()
    # Without a sign-in everybody is the local person, and a browser without cookies is a new guest each time.
    return f"person {user.subject}" if user.signed_in_at else f"address {st.context.ip_address}"
