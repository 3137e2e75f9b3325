"""What a person hands in to be read."""

from dataclasses import dataclass

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One drawing or picture as it stands now.

    While a person keeps drawing, ``data`` changes and ``key`` does not: it is the same drawing.
    """

    source: Source
    key: str
    data: bytes
    strokes: tuple[Stroke, ...] = ()
    """The movements of the pen, where they are known."""
    filename: str | None = None
    """What the person's file was called, where there was one."""
