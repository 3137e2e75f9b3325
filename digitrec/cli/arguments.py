"""Kinds of arguments that several commands take, and how they are shown."""

import re
from argparse import ArgumentTypeError

_MOST = 100_000


def positive(text: str) -> int:
    """A whole number from 1."""
    return _between(1, text)


def not_negative(text: str) -> int:
    """A whole number from 0."""
    return _between(0, text)


def model_name(text: str) -> str:
    """A name that is a folder's too."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise ArgumentTypeError(f"{text!r} is no name for a model: use a to z, 0 to 9, - and _, 40 at most")
    return text


def printable(text: str) -> str:
    """A file's name as it may be shown and kept: what cannot be printed is a question mark."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _between(least: int, text: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= _MOST:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {_MOST}")
    return int(text)
