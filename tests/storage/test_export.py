import csv
import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from digitrec.errors import StorageError
from digitrec.prediction import InputMethod, NumberVerdict, Step, Verdict
from digitrec.storage.export import COLUMNS, UNSORTED, escape_formula, export_pictures, export_table
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.web.shared.downloads import _make_file
from tests.support.pictures import drawing_png

FORMULAS = ["=1+2", "@SUM(A1)", *"+-＝＋－＠", "\t=1", "\t1", "\r1", "\n1", "  =1", "\u3000=1", "\u200b=1", "\ufeff =1"]


def read_table(predictions):
    file = io.BytesIO()
    export_table(predictions, file)
    return csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))


@pytest.fixture
def saved(history, seven, three):
    """Return a seven, a three labeled as a nine, and something that is not a digit."""
    first = history.save(seven, InputMethod.CANVAS)
    second = history.save(three, InputMethod.UPLOAD, filename="=cmd|' /C calc'!A0.png")
    third = history.save(replace(three, verdict=Verdict.NOT_A_DIGIT), InputMethod.CAMERA)
    return [first, history.set_label(second.prediction_id, "9"), third]


def test_table_has_a_row_per_prediction(saved):
    rows = list(read_table(saved))

    assert tuple(rows[0]) == COLUMNS
    assert [row["label"] for row in rows] == ["7", "3", "3"]
    assert [row["true_label"] for row in rows] == ["", "9", ""]
    assert [row["verdict"] for row in rows] == ["digit", "digit", "not_a_digit"]
    assert float(rows[0]["probability_7"]) > 0.9
    assert rows[0]["created_at"].endswith("+00:00")
    assert rows[1]["filename"].startswith("'=")


def test_pandas_reads_times_with_and_without_a_fraction_of_a_second(history, seven):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start, start + timedelta(seconds=1.5)]
    for time in times:
        history.save(seven, InputMethod.CANVAS, at=time)
    file = io.BytesIO()
    export_table(history.all(), file)
    file.seek(0)

    assert sorted(pd.to_datetime(pd.read_csv(file)["created_at"])) == times


def test_images_are_sorted_by_label(history, saved):
    buffer = io.BytesIO()

    assert export_pictures(history, saved, buffer) == 3

    with ZipFile(buffer) as archive:
        assert [name.split("/")[0] for name in archive.namelist()] == ["7", "9", UNSORTED]
        assert all(name.endswith(".png") for name in archive.namelist())
        assert Image.open(archive.open(archive.namelist()[0])).size == (280, 280)
    table = read_table(saved)
    assert [row["picture"] + ".png" for row in table] == archive.namelist()


def test_unsure_photo_is_an_unsorted_jpeg(history, seven):
    photo = Step("Picture", np.zeros((600, 800, 3), np.uint8), "")
    unsure = replace(seven, verdict=Verdict.UNSURE, steps=(photo, *seven.steps[1:]))
    saved = history.save(unsure, InputMethod.UPLOAD)
    buffer = io.BytesIO()

    export_pictures(history, [saved], buffer)

    assert ZipFile(buffer).namelist() == [f"{UNSORTED}/{saved.prediction_id:08}.jpg"]


def test_unreadable_images_are_an_error(history, saved):
    history.images.folder.rename(history.images.folder.with_name("elsewhere"))
    history.images.folder.write_text("no folder")

    with pytest.raises(StorageError, match="can't be loaded"):
        export_pictures(history, saved, io.BytesIO())


def test_missing_image_is_skipped(history, saved):
    history.images.delete(saved[0].image)

    assert export_pictures(history, saved, io.BytesIO()) == 2


def test_numbers_have_their_own_folder(history, number_recognition):
    confident = history.save(number_recognition, InputMethod.CANVAS)
    corrected = history.set_label(history.save(number_recognition, InputMethod.UPLOAD).prediction_id, "2028")
    unsure = history.save(replace(number_recognition, verdict=NumberVerdict.UNSURE), InputMethod.UPLOAD)
    partly = history.set_label(history.save(number_recognition, InputMethod.UPLOAD).prediction_id, "20?6")
    none = history.set_label(history.save(number_recognition, InputMethod.UPLOAD).prediction_id, NO_DIGIT)
    saved, buffer = [confident, corrected, unsure, partly, none], io.BytesIO()

    assert export_pictures(history, saved, buffer) == 5

    rows = list(read_table(saved))
    assert [(row["mode"], row["label"], row["true_label"]) for row in rows] == [
        ("number", "2026", ""),
        ("number", "2026", "2028"),
        ("number", "2026", ""),
        ("number", "2026", "20?6"),
        ("number", "2026", "no digit"),
    ]
    assert [row["picture"] + ".png" for row in rows] == ZipFile(buffer).namelist()
    # Some file systems allow no question mark in the name of a folder.
    assert [row["picture"].split("/")[:-1] for row in rows] == [
        ["numbers", folder] for folder in ("2026", "2028", "unsorted", "unsorted", "unsorted")
    ]
    confidences = [float(confidence) for confidence in rows[0]["digit_confidences"].split()]
    assert confidences == pytest.approx([digit.confidence for digit in number_recognition.digits], abs=1e-5)
    assert rows[0]["probability_2"] == ""


def sizes_between(predictions, file):
    """Yield predictions, and the size of the file when the next one is read."""
    sizes = []

    def read():
        for saved in predictions:
            yield saved
            sizes.append(file.tell())

    return read(), sizes


def test_table_is_written_row_by_row(saved):
    file = io.BytesIO()
    predictions, sizes = sizes_between(saved * 5, file)

    export_table(predictions, file)

    assert len(sizes) == 15
    assert sizes == sorted(set(sizes))


def test_images_are_written_one_at_a_time(history, saved):
    file = io.BytesIO()
    predictions, sizes = sizes_between(saved, file)

    export_pictures(history, predictions, file)

    assert len(sizes) == 3
    assert sizes == sorted(set(sizes))


def test_download_is_written_to_disk(history, monkeypatch):
    monkeypatch.setattr("digitrec.web.shared.downloads.log_activity", lambda *_: None)

    def write(file):
        # A buffer in memory has no file descriptor.
        assert os.fstat(file.fileno())
        file.write(b"content")

    assert _make_file(history, "table", write) == b"content"


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_is_made_harmless(text):
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("value", ["2026", "a=b", "", None, -1.5, 3])
def test_other_text_and_numbers_stay_as_they_are(value):
    assert escape_formula(value) == value


def test_file_names_in_the_table_are_made_harmless(history, recognizer):
    prediction = recognizer.recognize(drawing_png(7), InputMethod.UPLOAD)
    saved = history.save(prediction, InputMethod.UPLOAD, filename=" =HYPERLINK(1).png")

    assert next(iter(read_table([saved])))["filename"] == "' =HYPERLINK(1).png"
