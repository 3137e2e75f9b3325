"""The sign-in configuration: the section ``[auth]`` of the secrets file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from digitrec.config import SECRETS_FILE, secrets
from digitrec.errors import SettingsError

_MIN_COOKIE_SECRET_LENGTH = 32
_MIN_DISTINCT_CHARACTERS = 8
_PLACEHOLDER = re.compile(r"<[^<>]+>|^your\b|^x+$|^change.?me|^placeholder|^replace.?me|^secret$", re.IGNORECASE)
_REDIRECT_URI = re.compile(r"(https://[^/]+|http://(localhost|127\.0\.0\.1)(:[^/]+)?)(/.*)?/oauth2callback")


@dataclass(frozen=True, slots=True)
class SignIn:
    """The configuration of sign-in."""

    providers: tuple[str, ...]  # Names of the providers, as ``st.login`` takes them.
    redirect_uri: str

    @property
    def is_behind_tls(self) -> bool:
        """Whether browsers reach the app over HTTPS."""
        return self.redirect_uri.startswith("https://")


@cache
def sign_in() -> SignIn | None:
    """Return the sign-in configuration, or None if the app has one local user.

    Raises SettingsError if it is invalid.
    """
    if "auth" not in secrets():
        return None
    section = secrets()["auth"]
    if not isinstance(section, Mapping):
        raise _error("auth", "must be a section: [auth]")
    redirect_uri = _value(section, "redirect_uri", "[auth]")
    if not _REDIRECT_URI.fullmatch(redirect_uri):
        problem = "must be the URL of the app followed by /oauth2callback, with https:// unless it is localhost"
        raise _error("redirect_uri in [auth]", problem)
    cookie_secret = _value(section, "cookie_secret", "[auth]")
    if len(cookie_secret) < _MIN_COOKIE_SECRET_LENGTH or len(set(cookie_secret)) < _MIN_DISTINCT_CHARACTERS:
        command = 'python -c "import secrets; print(secrets.token_hex(32))"'
        problem = f"must be at least {_MIN_COOKIE_SECRET_LENGTH} random characters. To create one, run {command}"
        raise _error("cookie_secret in [auth]", problem)
    providers = {name: value for name, value in section.items() if isinstance(value, Mapping)}
    providers.pop("client_kwargs", None)
    if not providers:
        raise _error("[auth]", "has no provider. Add a section such as [auth.google]")
    for name, provider in providers.items():
        if "_" in name:
            raise _error(f"[auth.{name}]", "must not contain an underscore")
        for key in ("client_id", "client_secret", "server_metadata_url"):
            _value(provider, key, f"[auth.{name}]")
    return SignIn(tuple(providers), redirect_uri)


def _value(section: Mapping[str, Any], key: str, section_name: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise _error(f"{key} in {section_name}", "is missing")
    if _PLACEHOLDER.search(value):
        raise _error(f"{key} in {section_name}", "is still a placeholder")
    return value


def _error(name: str, problem: str) -> SettingsError:
    return SettingsError(f"{SECRETS_FILE.name}: {name} {problem}.")
