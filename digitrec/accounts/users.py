"""Who is using the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

GUEST_PREFIX = "guest:"
"""What the subject of a guest begins with; no provider's does."""

_NO_EMAIL = "@placeholder.invalid"
_LONGEST = {"email": 320, "name": 255, "picture": 1000}
_GOOGLE = frozenset(("https://accounts.google.com", "accounts.google.com"))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody whose drawings are kept apart from everybody else's."""

    subject: str
    """What identifies the person for good."""
    email: str
    name: str
    picture: str | None = None
    """The address of a picture of them."""
    signed_in_at: datetime | None = None
    """When they did, where they did."""

    @property
    def is_guest(self) -> bool:
        """Whether they are known by their browser alone."""
        return self.subject.startswith(GUEST_PREFIX)


LOCAL_USER = User("local", "local@localhost", "Local person")
"""The one person of an app without sign-in."""


def user_from_claims(claims: Mapping[str, Any]) -> User:
    """The person whom the claims of an OpenID Connect provider identify.

    They are the subject Google gives them, or issuer and subject of another provider, whatever their email.

    Raises:
        KeyError: the claims name no issuer or no subject.
    """
    issuer, sub = str(claims["iss"]), str(claims["sub"])
    subject = sub if issuer in _GOOGLE else f"{issuer}|{sub}"
    email, name, picture = (_text(claims.get(claim), longest) for claim, longest in _LONGEST.items())
    if email.endswith(_NO_EMAIL):
        email = ""
    return User(
        subject=subject,
        email=email or placeholder_email(subject),
        name=name or email or "No name",
        # Anything else might be a file of the server's.
        picture=picture if picture.startswith("https://") else None,
        signed_in_at=signed_in_at(claims),
    )


def _text(claim: object, longest: int) -> str:
    return (
        "".join(character for character in claim if character.isprintable())[:longest] if isinstance(claim, str) else ""
    )


def guest(secret: str) -> User:
    """The guest whose browser holds a secret; nobody who sees the guest's subject can tell the secret."""
    subject = GUEST_PREFIX + sha256(secret.encode()).hexdigest()
    return User(subject, placeholder_email(subject), "Guest")


def placeholder_email(subject: str) -> str:
    """What stands for an email where there is none, another for each person (RFC 2606 reserves the domain)."""
    return f"{sha256(subject.encode()).hexdigest()[:32]}{_NO_EMAIL}"


def signed_in_at(claims: Mapping[str, Any]) -> datetime:
    """The moment at which a provider made these claims; long ago where it does not say."""
    return datetime.fromtimestamp(int(claims.get("iat") or 0), UTC)
