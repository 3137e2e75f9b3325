"""One prediction in the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import DIGITS, AnyPrediction, AnyVerdict, InputMethod, Kind, Mode, NumberVerdict, Verdict
from digitrec.storage.schema import MAX_LABEL_LENGTH

NO_DIGIT = "no digit"
"""The label of an image that shows no digit; the label of a number has ``?`` for each such character instead."""
CLASSES = (*DIGITS, NO_DIGIT)  # The classes of a single digit: 0 to 9, and no digit.


@dataclass(frozen=True, slots=True)
class SavedPrediction:
    """A prediction with its input, as stored in the history."""

    prediction_id: int
    created_at: datetime
    input_method: InputMethod
    label: str
    confidence: float
    verdict: AnyVerdict
    probabilities: tuple[float, ...]  # For each digit 0 to 9; for a number, of each character of ``label``.
    mode: Mode
    model: str
    model_version: str | None
    milliseconds: float
    image: str  # The name of its image in ``Images``.
    reason: Kind | None  # Why it was rejected, if the verdict is *not a digit*.
    filename: str | None  # The name of the uploaded file, if there was one.
    strokes: tuple[Stroke, ...]  # The pen strokes; empty for images, and in lists that don't need them.
    true_label: str | None  # The label that the user set, if any.
    changed_at: datetime

    @property
    def text(self) -> str:
        """The digit or number that was recognized, or an empty string if it was rejected."""
        return self.label if self.verdict.has_label else ""


def saved_prediction_from_row(row: Row[Any]) -> SavedPrediction:
    """Return the saved prediction in a row of the table ``predictions``."""
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
        strokes=tuple(_stroke_from_json(stroke) for stroke in getattr(row, "strokes", None) or ()),
        true_label=row.true_label,
        changed_at=row.changed_at,
    )


def prediction_as_columns(prediction: AnyPrediction) -> dict[str, Any]:
    """Return the columns of the table ``predictions`` that a prediction determines."""
    return {
        "mode": prediction.mode,
        "predicted_label": prediction.label[:MAX_LABEL_LENGTH],
        "confidence": round(prediction.confidence, 4),
        "verdict": prediction.verdict,
        "reason": prediction.reason,
        "probabilities": [round(probability, 6) for probability in prediction.probabilities],
        "model": prediction.model,
        "model_version": prediction.model_version,
        "processing_time_ms": prediction.milliseconds,
    }


def as_json(strokes: Sequence[Stroke]) -> list[dict[str, Any]] | None:
    """Return strokes as JSON, rounded to a tenth of a pixel, or None if there are none."""
    if not strokes:
        return None
    return [
        {"width": round(stroke.width, 1), "points": [[round(x, 1), round(y, 1)] for x, y in stroke.points]}
        for stroke in strokes
    ]


def _stroke_from_json(stroke: dict[str, Any]) -> Stroke:
    return Stroke(tuple((x, y) for x, y in stroke["points"]), stroke["width"])
