"""What a picture can show, as a network tells it apart."""

from enum import StrEnum

DIGITS = tuple(map(str, range(10)))
"""What a digit is read as, in the order of the network's outputs."""


class Kind(StrEnum):
    """What ink is: one digit, or something else. In the order of the network's outputs."""

    DIGIT = "digit"
    SEVERAL_DIGITS = "several_digits"
    LETTER = "letter"
    SCRIBBLE = "scribble"
    """A scribble or a shape."""

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return "several digits" if self is Kind.SEVERAL_DIGITS else f"a {self}"


KINDS = tuple(Kind)
