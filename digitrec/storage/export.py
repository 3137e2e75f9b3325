"""Exporting predictions: a CSV table, and a ZIP file of images sorted by label."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO
from zipfile import ZIP_STORED, ZipFile

from digitrec.prediction import Mode, NumberVerdict, Verdict
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction, as_json

COLUMNS = (
    "record_id",
    "created_at",
    "changed_at",
    "input_type",
    "filename",
    "label",
    "true_label",
    "confidence",
    "verdict",
    "reason",
    *(f"probability_{digit}" for digit in range(10)),
    "mode",
    "model",
    "model_version",
    "milliseconds",
    "strokes",
    "picture",
    "digit_confidences",
)
_PNG = b"\x89PNG"
UNSORTED = "unsorted"
"""The folder of images without a confident prediction or a label that is a number."""
NUMBERS = "numbers"
"""The folder of images of whole numbers, which a digit classifier cannot be trained on."""


def export_table(predictions: Iterable[SavedPrediction], file: IO[bytes]) -> None:
    """Write predictions to a CSV file in UTF-8, one row each.

    The column ``picture`` is the path in the ZIP file of ``export_pictures``, without the suffix.
    """
    # The byte order mark tells spreadsheets that the file is in UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for saved in predictions:
        is_digit = saved.mode is Mode.DIGIT
        probabilities = (saved.probabilities if is_digit else ()) or [""] * 10
        writer.writerow(
            [
                saved.prediction_id,
                saved.created_at.isoformat(),
                saved.changed_at.isoformat(),
                saved.input_method,
                _escape_formula(saved.filename or ""),
                saved.label,
                _escape_formula(saved.true_label or ""),
                saved.confidence,
                saved.verdict,
                saved.reason or "",
                *probabilities,
                saved.mode,
                _escape_formula(saved.model),
                _escape_formula(saved.model_version or ""),
                saved.milliseconds,
                json.dumps(as_json(saved.strokes)) if saved.strokes else "",
                _path(saved),
                "" if is_digit else " ".join(map(str, saved.probabilities)),
            ]
        )
    # Otherwise the file would be closed with the wrapper.
    text.detach()


def export_pictures(history: History, predictions: Iterable[SavedPrediction], file: IO[bytes]) -> int:
    """Write the images of predictions to a ZIP file with a folder for each label, and return how many there were.

    The label is the one that the user set, or else a confident prediction. Images without either go to ``UNSORTED``,
    and images of whole numbers to folders below ``NUMBERS``. Missing images are skipped.

    Raises:
        StorageError: the images cannot be read.
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


def _path(saved: SavedPrediction) -> PurePosixPath:
    is_confident = saved.verdict in (Verdict.DIGIT, NumberVerdict.NUMBER)
    label = saved.true_label or (saved.label if is_confident else "")
    folder = PurePosixPath(label if label.isdecimal() else UNSORTED, f"{saved.prediction_id:08}")
    return folder if saved.mode is Mode.DIGIT else NUMBERS / folder


def _escape_formula(text: str) -> str:
    # A spreadsheet would run text that starts like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
