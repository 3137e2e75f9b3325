"""The words of the user interface: one name for each verdict, input method and mode."""

from collections.abc import Sequence

from digitrec.prediction import AnyVerdict, InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.saved_prediction import NO_DIGIT, SavedPrediction

INPUT_METHOD_NAMES = {method: method.capitalize() for method in InputMethod} | {InputMethod.API: "API"}
MODE_NAMES = {Mode.DIGIT: "Digit", Mode.NUMBER: "Number"}
AUTOMATIC_NAME = "Automatic"  # The name of the mode that recognizes a digit or a number, whichever the image shows.
REJECTED_NAMES = {Mode.DIGIT: "Not a digit", Mode.NUMBER: "Not a number"}
CONFIDENT, UNSURE, BLANK = "Confident", "Unsure", "Blank"
DIGIT_VERDICT_NAMES: dict[AnyVerdict, str] = {
    Verdict.DIGIT: CONFIDENT,
    Verdict.UNSURE: UNSURE,
    Verdict.NOT_A_DIGIT: REJECTED_NAMES[Mode.DIGIT],
}
NUMBER_VERDICT_NAMES: dict[AnyVerdict, str] = {
    NumberVerdict.NUMBER: CONFIDENT,
    NumberVerdict.UNSURE: UNSURE,
    NumberVerdict.NOT_A_NUMBER: REJECTED_NAMES[Mode.NUMBER],
}
VERDICT_NAMES = DIGIT_VERDICT_NAMES | NUMBER_VERDICT_NAMES  # The verdicts of both modes that the history can hold.
VERDICT_SIGNS: dict[AnyVerdict, str] = {
    Verdict.DIGIT: "●",
    NumberVerdict.NUMBER: "●",
    Verdict.UNSURE: "◌",
    Verdict.NOT_A_DIGIT: "✕",
    NumberVerdict.NOT_A_NUMBER: "✕",
    Verdict.BLANK: "",
}
"""A shape for each verdict, so that color is never the only cue."""
PREDICTION = "Prediction"
UNKNOWN = "–"  # In place of a figure that isn't known.


def label_name(saved: SavedPrediction) -> str:
    """Return the label of a prediction as shown to users, or an empty string if it isn't labeled."""
    return REJECTED_NAMES[saved.mode] if saved.true_label == NO_DIGIT else saved.true_label or ""


def drawing_name(saved: SavedPrediction) -> str:
    """Return the name of a saved prediction on the Explore page and in links to it."""
    return f"{PREDICTION} {saved.prediction_id}: {saved.text or VERDICT_NAMES[saved.verdict].lower()}"


def join_or(names: Sequence[str]) -> str:
    """Join names as alternatives: *a, b or c*."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def escape_markdown(text: str) -> str:
    """Escape every character that has a special meaning in Streamlit's Markdown."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()<>#+-.!|$:~" else character for character in text)


def format_share(share: float | None) -> str:
    """Return a share (0 to 1) as a percentage, or a dash if it isn't known."""
    return UNKNOWN if share is None else f"{share:.1%}"


def count_noun(count: int, noun: str = "prediction") -> str:
    """Return a count with its noun: *1 prediction*, *1,234 predictions*."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
