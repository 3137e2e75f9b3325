"""What a person hands in to be read."""

from dataclasses import dataclass

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod


@dataclass(frozen=True, slots=True)
class UserInput:
    """One drawing or picture as it stands now.

    While a person keeps drawing, ``data`` changes and ``key`` does not: it is the same drawing.
    """

    input_method: InputMethod
    key: str
    data: bytes
    strokes: tuple[Stroke, ...] = ()
    """The movements of the pen, where they are known."""
    filename: str | None = None
    """What the person's file was called, where there was one."""
