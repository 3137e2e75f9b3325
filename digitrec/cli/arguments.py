"""Kinds of arguments that several commands take."""

from argparse import ArgumentTypeError


def positive(text: str) -> int:
    """A whole number from 1."""
    return _at_least(1, text)


def not_negative(text: str) -> int:
    """A whole number from 0."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least}")
    return int(text)
