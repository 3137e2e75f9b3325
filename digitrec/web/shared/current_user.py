"""The user of this session, from the claims of the sign-in provider or the guest cookie."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from digitrec.accounts.guest_cookie import guest_secret, new_guest_secret
from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import LOCAL_USER, User, guest, signed_in_at, user_from_claims
from digitrec.config import settings
from digitrec.server.addresses import client_network
from digitrec.web.shared.session import session


def current_user() -> User:
    """Return the signed-in user or else this browser's guest; without sign-in, the local user."""
    if not sign_in():
        return LOCAL_USER
    claims = session_claims()
    if claims and not is_expired(claims) and session().ended_sign_in != claims.get("iat"):
        return user_from_claims(claims)
    return guest_from_cookie()


def is_admin() -> bool:
    """Return whether the user is an admin. Only a verified email address from the first provider counts."""
    config, claims = sign_in(), session_claims()
    return bool(
        config
        and claims
        and not is_expired(claims)
        and claims.get("provider") == config.providers[0]
        and claims.get("email_verified") is True
        and str(claims.get("email")).lower() in settings().admins
    )


def session_claims() -> Mapping[str, Any] | None:
    """Return the provider's claims about the signed-in user, or None for a guest."""
    claims = st.user.to_dict()
    return claims if claims.get("is_logged_in") and "iss" in claims and "sub" in claims else None


def is_expired(claims: Mapping[str, Any] | None) -> bool:
    """Return whether a sign-in is too old."""
    return claims is not None and datetime.now(UTC) - signed_in_at(claims) > timedelta(days=settings().sign_in_days)


def guest_from_cookie() -> User:
    """Return the guest identified by the secret in this browser's cookie."""
    if secret := guest_secret(st.context.cookies):
        return guest(secret)
    # Without server.py, or if the browser refuses cookies, the guest only lasts for the session.
    state = session()
    state.guest_secret = state.guest_secret or new_guest_secret()
    return guest(state.guest_secret)


def rate_limit_key() -> str:
    """Return the key that requests are counted under: the signed-in user or, for anyone else, the IP address."""
    user = current_user()
    # Everyone shares the local user, and a browser without cookies is a new guest every time.
    return f"user {user.subject}" if user.signed_in_at else f"address {client_address()}"


def client_address() -> str:
    """Return what counts as the address of this browser: an IPv4 address, or the network of an IPv6 address."""
    return client_network(st.context.ip_address)
