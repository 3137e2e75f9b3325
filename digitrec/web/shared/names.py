"""What things are called on the pages."""

from collections.abc import Sequence

from digitrec.prediction import AnyVerdict, Mode, NumberVerdict, Source, Verdict
from digitrec.storage.saved_prediction import NO_DIGIT, Record

SOURCE_NAMES = {
    Source.CANVAS: "Drawn",
    Source.SAMPLE: "Sample",
    Source.UPLOAD: "Upload",
    Source.CAMERA: "Camera",
    Source.API: "API",
}
DIGIT_VERDICT_NAMES: dict[AnyVerdict, str] = {
    Verdict.DIGIT: "Sure",
    Verdict.UNSURE: "Unsure",
    Verdict.NOT_A_DIGIT: "Not a digit",
}
VERDICT_NAMES: dict[AnyVerdict, str] = {
    **DIGIT_VERDICT_NAMES,
    NumberVerdict.NUMBER: "Sure",
    NumberVerdict.NOT_A_NUMBER: "Not a number",
}
"""Of both modes; what is unsure is called so in both."""
VERDICT_SIGNS: dict[AnyVerdict, str] = {
    Verdict.DIGIT: "●",
    NumberVerdict.NUMBER: "●",
    Verdict.UNSURE: "◌",
    Verdict.NOT_A_DIGIT: "✕",
    NumberVerdict.NOT_A_NUMBER: "✕",
    Verdict.BLANK: "",
}
"""Verdicts by their shape, for whom colours say nothing."""
MODE_NAMES = {Mode.DIGIT: "Digit", Mode.NUMBER: "Number"}
NOTHING = {Mode.DIGIT: "no digit", Mode.NUMBER: "no number"}
"""What is said where there is neither."""


def truth(record: Record) -> str:
    """What a record really is, as the person told it; nothing where they did not."""
    return NOTHING[record.mode] if record.true_label == NO_DIGIT else record.true_label or ""


def any_of(names: Sequence[str]) -> str:
    """Names as one of which it is: *a, b or c*."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def counted(count: int, noun: str = "record") -> str:
    """How many there are of something, in words: *1 record*, *1,234 records*."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
