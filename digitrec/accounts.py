"""Who is using the app."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose drawings are kept apart from everybody else's."""

    subject: str
    """What identifies the person for good."""
    email: str
    name: str


LOCAL = Person("local", "local@localhost", "Local person")
"""The one person of an app without sign-in."""
