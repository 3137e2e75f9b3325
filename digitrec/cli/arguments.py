"""Types of arguments that several commands share."""

import re
from argparse import ArgumentTypeError

_MAX_NUMBER = 100_000


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    return _whole_number(text, 1)


def not_negative(text: str) -> int:
    """Parse a whole number of at least 0."""
    return _whole_number(text, 0)


def model_name(text: str) -> str:
    """Parse the name of a model, which is also the name of its folder."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise ArgumentTypeError(f"{text!r} is not a valid model name: use up to 40 of a to z, 0 to 9, - and _")
    return text


def printable(text: str) -> str:
    """Return a file name that is safe to print: characters that can't be printed become question marks."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _whole_number(text: str, minimum: int) -> int:
    if not text.isdecimal() or not minimum <= int(text) <= _MAX_NUMBER:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {_MAX_NUMBER}")
    return int(text)
