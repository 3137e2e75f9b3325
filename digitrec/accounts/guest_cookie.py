"""The cookie whose secret identifies a guest."""

import re
import secrets
from collections.abc import Mapping

from digitrec.accounts.sign_in import sign_in

GUEST_COOKIE = "digitrec_guest"
_SECRET_BYTES = 32
_SECRET = re.compile("[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""What 32 bytes look like in URL-safe Base64: the last of the 43 characters holds only four bits."""


def new_guest_secret() -> str:
    """Return an unguessable secret for a new guest."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def guest_cookie_name() -> str:
    """Return the name of the cookie; behind TLS, one that neither other hosts in the domain nor plain HTTP can set."""
    config = sign_in()
    return f"__Host-{GUEST_COOKIE}" if config and config.is_behind_tls else GUEST_COOKIE


def guest_secret(cookies: Mapping[str, str]) -> str | None:
    """Return the guest's secret from a browser's cookies, or None if there is no valid one."""
    secret = cookies.get(guest_cookie_name(), "")
    return secret if _SECRET.fullmatch(secret) else None
