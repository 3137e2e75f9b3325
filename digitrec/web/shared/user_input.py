"""The input that the Draw page sends to recognition."""

from dataclasses import dataclass

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod


@dataclass(frozen=True, slots=True)
class UserInput:
    """One drawing, image or photo in its current state.

    While the user keeps drawing, ``data`` changes and ``key`` stays: it is the same drawing.
    """

    input_method: InputMethod
    key: str
    data: bytes
    strokes: tuple[Stroke, ...] = ()
    """The strokes of a drawing; empty for images."""
    filename: str | None = None
    """The name of the uploaded file."""
