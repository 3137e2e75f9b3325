"""What things are called on the pages."""

from collections.abc import Sequence

from digitrec.prediction import AnyVerdict, InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.saved_prediction import NO_DIGIT, SavedPrediction

INPUT_METHOD_NAMES = {
    InputMethod.CANVAS: "Canvas",
    InputMethod.SAMPLE: "Sample",
    InputMethod.UPLOAD: "Upload",
    InputMethod.CAMERA: "Camera",
    InputMethod.API: "API",
}
DIGIT_VERDICT_NAMES: dict[AnyVerdict, str] = {
    Verdict.DIGIT: "Confident",
    Verdict.UNSURE: "Unsure",
    Verdict.NOT_A_DIGIT: "Not a digit",
}
VERDICT_NAMES: dict[AnyVerdict, str] = {
    **DIGIT_VERDICT_NAMES,
    NumberVerdict.NUMBER: "Confident",
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


def truth(saved: SavedPrediction) -> str:
    """What a record really is, as the person told it; nothing where they did not."""
    return NOTHING[saved.mode] if saved.true_label == NO_DIGIT else saved.true_label or ""


def join_or(names: Sequence[str]) -> str:
    """Names as one of which it is: *a, b or c*."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def count_noun(count: int, noun: str = "record") -> str:
    """How many there are of something, in words: *1 record*, *1,234 records*."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
