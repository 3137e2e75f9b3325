"""Kinds of arguments that several commands take."""

from argparse import ArgumentTypeError

_MOST = 100_000


def positive(text: str) -> int:
    """A whole number from 1."""
    return _between(1, text)


def not_negative(text: str) -> int:
    """A whole number from 0."""
    return _between(0, text)


def _between(least: int, text: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= _MOST:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {_MOST}")
    return int(text)
