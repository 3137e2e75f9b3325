"""Exporting predictions: a CSV table, and a ZIP file of images sorted by label."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TypeVar
from zipfile import ZIP_STORED, ZipFile

from digitrec.prediction import Mode, NumberVerdict, Verdict
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction, as_json

T = TypeVar("T")
# Spreadsheets skip leading space, even if it has no width, and know full-width signs.
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
_PNG = b"\x89PNG"
UNSORTED = "unsorted"  # The folder of images without a confident prediction or a label that is a number.
NUMBERS = "numbers"  # The folder of images of numbers, which a digit classifier cannot be trained on.


def _path(saved: SavedPrediction) -> PurePosixPath:
    is_confident = saved.verdict in (Verdict.DIGIT, NumberVerdict.NUMBER)
    label = saved.true_label or (saved.label if is_confident else "")
    folder = PurePosixPath(label if label.isdecimal() else UNSORTED, f"{saved.prediction_id:08}")
    return folder if saved.mode is Mode.DIGIT else NUMBERS / folder


def escape_formula(value: T) -> T | str:
    """Return a value, with an apostrophe in front if it is text that a spreadsheet would run as a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _probability(saved: SavedPrediction, digit: int) -> float | None:
    return saved.probabilities[digit] if saved.mode is Mode.DIGIT and saved.probabilities else None


_FIELDS: dict[str, Callable[[SavedPrediction], object]] = {
    "record_id": lambda saved: saved.prediction_id,
    # Always with microseconds, since pandas refuses a column of times with and without.
    "created_at": lambda saved: saved.created_at.isoformat(timespec="microseconds"),
    "changed_at": lambda saved: saved.changed_at.isoformat(timespec="microseconds"),
    "input_type": lambda saved: saved.input_method,
    "filename": lambda saved: saved.filename,
    "label": lambda saved: saved.label,
    "true_label": lambda saved: saved.true_label,
    "confidence": lambda saved: saved.confidence,
    "verdict": lambda saved: saved.verdict,
    "reason": lambda saved: saved.reason,
    **{f"probability_{digit}": partial(_probability, digit=digit) for digit in range(10)},
    "mode": lambda saved: saved.mode,
    "model": lambda saved: saved.model,
    "model_version": lambda saved: saved.model_version,
    "milliseconds": lambda saved: saved.milliseconds,
    "strokes": lambda saved: json.dumps(as_json(saved.strokes)) if saved.strokes else "",
    "picture": _path,
    "digit_confidences": lambda saved: "" if saved.mode is Mode.DIGIT else " ".join(map(str, saved.probabilities)),
}
COLUMNS = tuple(_FIELDS)


def export_table(predictions: Iterable[SavedPrediction], file: IO[bytes]) -> None:
    """Write predictions to a CSV file in UTF-8, one row each.

    The column ``picture`` is the path in the ZIP file of ``export_pictures``, without the suffix.
    """
    # The byte order mark tells spreadsheets that the file is in UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for saved in predictions:
        writer.writerow([escape_formula(field(saved)) for field in _FIELDS.values()])
    # Otherwise the file would be closed with the wrapper.
    text.detach()


def export_pictures(history: History, predictions: Iterable[SavedPrediction], file: IO[bytes]) -> int:
    """Write the images of predictions to a ZIP file with a folder for each label, and return how many there were.

    The label is the one that the user set, or else a confident prediction. Images without either go to ``UNSORTED``,
    and images of numbers to folders below ``NUMBERS``. Missing images are skipped.
    """
    count = 0
    # The images are compressed already.
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for saved in predictions:
            picture = history.picture(saved)
            if picture:
                suffix = "png" if picture.startswith(_PNG) else "jpg"
                archive.writestr(f"{_path(saved)}.{suffix}", picture)
                count += 1
    return count
