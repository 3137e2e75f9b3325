"""What things are called on the pages."""

from collections.abc import Sequence

from digitrec.recognition.recognition import Source, Verdict

SOURCE_NAMES = {
    Source.CANVAS: "Drawn",
    Source.SAMPLE: "Sample",
    Source.UPLOAD: "Upload",
    Source.CAMERA: "Camera",
    Source.API: "API",
}
VERDICT_NAMES = {Verdict.DIGIT: "Sure", Verdict.UNSURE: "Unsure", Verdict.NOT_A_DIGIT: "Not a digit"}
VERDICT_SIGNS = {Verdict.DIGIT: "●", Verdict.UNSURE: "◌", Verdict.NOT_A_DIGIT: "✕", Verdict.BLANK: ""}
"""Verdicts by their shape, for whom colours say nothing."""
MODE_NAMES = {"digit": "Digit", "number": "Number"}


def any_of(names: Sequence[str]) -> str:
    """Names as one of which it is: *a, b or c*."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def counted(count: int, noun: str = "record") -> str:
    """How many there are of something, in words: *1 record*, *1,234 records*."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
