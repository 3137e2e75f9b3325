"""One record, as it is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import DIGITS, AnyVerdict, InputMethod, Kind, Mode, NumberVerdict, Verdict

NO_DIGIT = "no digit"
"""The true label of what is none, nor a number; of a number it may hold ``?`` for each thing that is none."""


@dataclass(frozen=True, slots=True)
class SavedPrediction:
    """One drawing or picture that was read, as it is remembered."""

    prediction_id: int
    created_at: datetime
    input_method: InputMethod
    label: str
    confidence: float
    verdict: AnyVerdict
    probabilities: tuple[float, ...]
    """Of each digit 0 to 9; of a number, that of each character of ``label``."""
    mode: Mode
    model: str
    model_version: str | None
    milliseconds: float
    image: str
    """The name its picture is kept under."""
    reason: Kind | None
    """What it is instead, where the verdict is *not a digit*."""
    filename: str | None
    """What the person's file was called, where there was one."""
    strokes: tuple[Stroke, ...]
    """The movements of the pen, where they are known."""
    true_label: str | None
    """What it really is, where the person told."""
    changed_at: datetime

    @property
    def text(self) -> str:
        """The digit or the number to be told, nothing where there is none."""
        return self.label if self.verdict.has_label else ""


def saved_prediction_from_row(row: Row[Any]) -> SavedPrediction:
    """The record in a row of the predictions."""
    mode = Mode(row.mode)
    return SavedPrediction(
        prediction_id=row.prediction_id,
        created_at=row.created_at,
        input_method=InputMethod(row.input_type),
        label=row.predicted_label,
        confidence=row.confidence,
        verdict=NumberVerdict(row.verdict) if mode is Mode.NUMBER else Verdict(row.verdict),
        probabilities=tuple(row.probabilities),
        mode=mode,
        model=row.model,
        model_version=row.model_version,
        milliseconds=row.processing_time_ms,
        image=row.image_path,
        reason=Kind(row.reason) if row.reason else None,
        filename=row.image_filename,
        strokes=_as_strokes(row.strokes),
        true_label=row.true_label,
        changed_at=row.changed_at,
    )


def as_json(strokes: Sequence[Stroke]) -> list[dict[str, Any]] | None:
    """Strokes as they are kept, to a tenth of a pixel; None where there are none."""
    if not strokes:
        return None
    return [
        {"width": round(stroke.width, 1), "points": [[round(x, 1), round(y, 1)] for x, y in stroke.points]}
        for stroke in strokes
    ]


def _as_strokes(kept: list[dict[str, Any]] | None) -> tuple[Stroke, ...]:
    return tuple(Stroke(tuple((x, y) for x, y in stroke["points"]), stroke["width"]) for stroke in kept or ())


CLASSES = (*DIGITS, NO_DIGIT)
"""What a drawing of one digit can be, and be read as."""
