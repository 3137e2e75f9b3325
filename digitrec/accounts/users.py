"""Users and guests of the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

GUEST_PREFIX = "guest:"  # Prefix of the subject of a guest. No sign-in provider uses it.

_PLACEHOLDER_DOMAIN = "@placeholder.invalid"
_MAX_SUBJECT_LENGTH = 255  # Of the column in the database.
_MAX_LENGTHS = {"email": 320, "name": 255, "picture": 1000}
_OTHER_CLAIMS = ("iss", "sub", "iat", "email_verified")
_STREAMLIT_CLAIMS = ("origin", "provider", "is_logged_in")
_GOOGLE_ISSUERS = frozenset(("https://accounts.google.com", "accounts.google.com"))


@dataclass(frozen=True, slots=True)
class User:
    """The owner of a history."""

    subject: str  # Permanent identifier of the user.
    email: str
    name: str
    picture: str | None = None  # URL of the user's profile picture.
    signed_in_at: datetime | None = None  # Time of the sign-in, or None for guests and the local user.

    @property
    def has_email(self) -> bool:
        """Whether the email address is one that the provider has verified, rather than a placeholder."""
        return not self.email.endswith(_PLACEHOLDER_DOMAIN)

    @property
    def is_guest(self) -> bool:
        """Whether only a browser cookie identifies the user."""
        return self.subject.startswith(GUEST_PREFIX)


LOCAL_USER = User("local", "local@localhost", "Local user")  # The only user of an app without sign-in.


def user_from_claims(claims: Mapping[str, Any]) -> User:
    """Return the user whom the claims of an OpenID Connect provider identify.

    The email does not identify anyone: Google users are identified by their subject, users of other providers by issuer
    and subject. An address that the provider has not verified is ignored. Raises KeyError if the issuer or the subject
    is missing.
    """
    issuer, sub = str(claims["iss"]), str(claims["sub"])
    subject = sub if issuer in _GOOGLE_ISSUERS else f"{issuer}|{sub}"
    if len(subject) > _MAX_SUBJECT_LENGTH:
        subject = sha256(subject.encode()).hexdigest()
    email, name, picture = (_clean(claims.get(claim), length) for claim, length in _MAX_LENGTHS.items())
    if claims.get("email_verified") is not True or email.endswith(_PLACEHOLDER_DOMAIN):
        email = ""
    return User(
        subject=subject,
        email=email or placeholder_email(subject),
        name=name or email or "No name",
        # Streamlit would read any other path from the server's disk.
        picture=picture if picture.startswith("https://") else None,
        signed_in_at=signed_in_at(claims),
    )


def used_claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the claims that digitrec and Streamlit use, shortened as they are stored."""
    kept = {name: claims[name] for name in (*_OTHER_CLAIMS, *_STREAMLIT_CLAIMS) if name in claims}
    return kept | {name: _clean(claims[name], length) for name, length in _MAX_LENGTHS.items() if name in claims}


def _clean(claim: object, max_length: int) -> str:
    return clean_text(claim)[:max_length] if isinstance(claim, str) else ""


def clean_text(text: str) -> str:
    """Return text on one line, with plain single spaces and without other characters that can't be printed."""
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


def guest(secret: str) -> User:
    """Return the guest whose browser holds ``secret``. The guest's subject does not reveal the secret."""
    subject = GUEST_PREFIX + sha256(secret.encode()).hexdigest()
    return User(subject, placeholder_email(subject), "Guest")


def placeholder_email(subject: str) -> str:
    """Return a unique email address for a user who has none, in a domain reserved by RFC 2606."""
    return f"{sha256(subject.encode()).hexdigest()[:32]}{_PLACEHOLDER_DOMAIN}"


def signed_in_at(claims: Mapping[str, Any]) -> datetime:
    """Return the time at which a provider issued the claims, 1970 if unknown."""
    return datetime.fromtimestamp(int(claims.get("iat") or 0), UTC)
