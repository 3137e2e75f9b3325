"""What a person hands in to be read."""

from dataclasses import dataclass

from digitrec.recognition.recognition import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One drawing or picture as it stands now.

    While a person keeps drawing, ``data`` changes and ``key`` does not: it is the same drawing.
    """

    source: Source
    key: str
    data: bytes
