"""A person's records to take along: a table, and the pictures sorted by what they show."""

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
"""The folder of pictures that are no digit, as far as anybody knows."""
NUMBERS = "numbers"
"""The folder of those of whole numbers, which are nothing to train a reader of digits on."""


def export_table(history: Iterable[SavedPrediction]) -> bytes:
    """The records as a CSV file in UTF-8, a line each.

    ``picture`` is the path in the ZIP of ``export_pictures``, without its ending.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for saved in history:
        is_digit = saved.mode is Mode.DIGIT
        probabilities = (saved.probabilities if is_digit else ()) or [""] * 10
        writer.writerow(
            [
                saved.prediction_id,
                saved.created_at.isoformat(),
                saved.changed_at.isoformat(),
                saved.input_method,
                _harmless(saved.filename or ""),
                saved.label,
                _harmless(saved.true_label or ""),
                saved.confidence,
                saved.verdict,
                saved.reason or "",
                *probabilities,
                saved.mode,
                _harmless(saved.model),
                _harmless(saved.model_version or ""),
                saved.milliseconds,
                json.dumps(as_json(saved.strokes)) if saved.strokes else "",
                _path(saved),
                "" if is_digit else " ".join(map(str, saved.probabilities)),
            ]
        )
    # Spreadsheets know by the mark that it is UTF-8.
    return buffer.getvalue().encode("utf-8-sig")


def export_pictures(history: History, chosen: Iterable[SavedPrediction], file: IO[bytes]) -> int:
    """Write the pictures of records into a ZIP file, in a folder for each label, and return how many there were.

    The label is what the person said the drawing really is, else what was surely read: folders ready to train on, those
    of whole numbers in one of their own. What nobody is sure of is unsorted. Pictures that are gone are left out.
    """
    count = 0
    # Pictures are compressed already.
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for saved in chosen:
            picture = history.picture(saved)
            if picture:
                suffix = "png" if picture.startswith(_PNG) else "jpg"
                archive.writestr(f"{_path(saved)}.{suffix}", picture)
                count += 1
    return count


def _path(saved: SavedPrediction) -> PurePosixPath:
    is_sure = saved.verdict in (Verdict.DIGIT, NumberVerdict.NUMBER)
    label = saved.true_label or (saved.label if is_sure else "")
    folder = PurePosixPath(label if label.isdecimal() else UNSORTED, f"{saved.prediction_id:08}")
    return folder if saved.mode is Mode.DIGIT else NUMBERS / folder


def _harmless(text: str) -> str:
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
