"""Whether people can sign in, as the section ``[auth]`` of the file of secrets says, and whether that is safe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from digitrec.config import SECRETS_FILE, secrets
from digitrec.errors import SettingsError

_LEAST_COOKIE_SECRET = 32
_LEAST_CHARACTERS = 8
_PLACEHOLDER = re.compile(r"<[^<>]+>|^your\b|^x+$|^change.?me|^placeholder|^replace.?me|^secret$", re.IGNORECASE)
_ADDRESS = re.compile(r"(https://[^/]+|http://(localhost|127\.0\.0\.1)(:[^/]+)?)(/.*)?/oauth2callback")


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in."""

    providers: tuple[str, ...]
    """The names of the providers, as ``st.login`` takes them."""
    redirect_uri: str

    @property
    def is_behind_tls(self) -> bool:
        """Whether browsers reach the app over HTTPS."""
        return self.redirect_uri.startswith("https://")


@cache
def sign_in() -> SignIn | None:
    """How people sign in; None where nobody does and there is one local person.

    Raises:
        SettingsError: something is missing, or still a placeholder, or too weak to protect anybody.
    """
    if "auth" not in secrets():
        return None
    section = secrets()["auth"]
    if not isinstance(section, Mapping):
        raise _refusal("auth", "is no section; write [auth]")
    redirect_uri = _value(section, "redirect_uri", "[auth]")
    if not _ADDRESS.fullmatch(redirect_uri):
        raise _refusal(
            "redirect_uri in [auth]",
            "has to be the address of the app, https:// unless it is localhost, with /oauth2callback at its end",
        )
    cookie_secret = _value(section, "cookie_secret", "[auth]")
    if len(cookie_secret) < _LEAST_COOKIE_SECRET or len(set(cookie_secret)) < _LEAST_CHARACTERS:
        raise _refusal(
            "cookie_secret in [auth]",
            f"has to be {_LEAST_COOKIE_SECRET} random characters or more: "
            'python -c "import secrets; print(secrets.token_hex(32))" makes one',
        )
    providers = {
        name: value for name, value in section.items() if isinstance(value, Mapping) and name != "client_kwargs"
    }
    if not providers:
        raise _refusal("[auth]", "names no provider; add a section such as [auth.google]")
    for name, provider in providers.items():
        if "_" in name:
            raise _refusal(f"[auth.{name}]", "may have no underscore in its name")
        for key in ("client_id", "client_secret", "server_metadata_url"):
            _value(provider, key, f"[auth.{name}]")
    return SignIn(tuple(providers), redirect_uri)


def _value(section: Mapping[str, Any], key: str, where: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise _refusal(f"{key} in {where}", "is missing")
    if _PLACEHOLDER.search(value):
        raise _refusal(f"{key} in {where}", "is still a placeholder")
    return value


def _refusal(what: str, problem: str) -> SettingsError:
    return SettingsError(f"{what} of {SECRETS_FILE.name} {problem}.")
