import zipfile

import cv2
import numpy as np
import pytest

from digitrec.datasets.handwriting import SYMBOLS_FILE, load_images, load_letters, load_pens, load_symbols
from digitrec.datasets.parts import Part, in_part, parts_by_writer
from digitrec.datasets.table_cells import CELLS_FILE, load_cells
from digitrec.datasets.unipen import (
    DIGITS_FILE,
    NUMBERS_FILE,
    load_unipen_digits,
    load_unipen_letters,
    load_unipen_numbers,
)
from digitrec.errors import MissingDataError
from tests.support.handwriting import write_strokes


def test_every_seventh_writer_is_held_out_and_another_is_for_validation():
    parts = parts_by_writer(f"w{number:02}" for number in range(21))

    assert [writer for writer, part in parts.items() if part is Part.HELD_OUT] == ["w06", "w13", "w20"]
    assert [writer for writer, part in parts.items() if part is Part.VALIDATION] == ["w03", "w10", "w17"]


def test_images_are_split_by_ranges_of_their_index():
    index = np.arange(70)

    assert np.flatnonzero(in_part(index, 70, Part.HELD_OUT)).tolist() == list(range(60, 70))
    assert np.flatnonzero(in_part(index, 70, Part.VALIDATION)).tolist() == list(range(30, 40))
    assert in_part(index, 70, Part.TRAINING).sum() == 50


def test_strokes_are_placed_on_the_canvas(tmp_path):
    write_strokes(tmp_path, "strokes/skahl-digits.npz", [("7", "skahl/1")])

    (pen,) = load_pens(tmp_path, Part.TRAINING)

    assert (pen.label, pen.writer, len(pen.strokes)) == (7, "skahl/1", 2)
    points = np.concatenate([stroke.points for stroke in pen.strokes])
    assert points.min(0).tolist() == pytest.approx([35, 87.5])
    assert points.max(0).tolist() == pytest.approx([245, 192.5])


def test_unipen_writer_belongs_to_the_same_part_in_every_file(tmp_path):
    write_strokes(tmp_path, DIGITS_FILE, [("1", f"unipen/{number:02}") for number in range(14)])
    write_strokes(tmp_path, NUMBERS_FILE, [("12", f"unipen/{number:02}") for number in range(4, 18)])

    digits = {pen.writer for pen in load_unipen_digits(tmp_path, Part.HELD_OUT)}
    numbers = {sample.writer for sample in load_unipen_numbers(tmp_path, Part.HELD_OUT)}

    assert digits == numbers == {"unipen/06", "unipen/13"}
    assert {sample.writer for sample in load_unipen_numbers(tmp_path, Part.VALIDATION)} == {
        "unipen/10",
        "unipen/17",
    }


def test_signs_in_number_labels_become_question_marks(tmp_path):
    contents = ["(408) 974-3145", "$90,187.54", "6/7/89", "12:34", "7 8"]
    samples = [("".join(filter(str.isdigit, content)), "unipen/01") for content in contents]
    write_strokes(tmp_path, NUMBERS_FILE, samples, contents)

    labels = [number.label for number in load_unipen_numbers(tmp_path, Part.TRAINING)]

    assert labels == ["?408?9743145", "?9018754", "6?7?89", "1234", "78"]


def test_letters_that_look_like_digits_are_left_out(tmp_path):
    write_strokes(tmp_path, "negatives/uji1-letters.npz", [("o", "uji1/01"), ("k", "uji1/01")])
    write_strokes(tmp_path, "negatives/unipen-letters-symbols.npz", [("S", "a"), ("#", "a")])
    images = np.full((3, 28, 28), 9, np.uint8)
    np.savez(tmp_path / "handwriting" / SYMBOLS_FILE, x=images, y=np.array(["plus", "slash", "z"]))

    assert {name: len(letters) for name, letters in load_letters(tmp_path, Part.TRAINING).items()} == {
        "UJI letters": 1,
        "Omniglot": 0,
    }
    assert len(load_unipen_letters(tmp_path, Part.TRAINING)) == 1
    parts = [load_symbols(tmp_path, part) for part in Part]
    assert sum(map(len, parts)) == 1


def test_images_keep_their_labels_and_parts(tmp_path):
    path = tmp_path / "handwriting" / "images" / "nsysu-digits.npz"
    path.parent.mkdir(parents=True)
    labels = np.repeat(np.arange(2, dtype=np.uint8), 14)
    np.savez(path, x=np.arange(28, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8), y=labels)

    images, names = load_images(tmp_path, "images/nsysu-digits.npz", Part.HELD_OUT)

    assert images[:, 0, 0].tolist() == [12, 13, 26, 27]
    assert names.tolist() == ["0", "0", "1", "1"]


def test_cells_come_from_their_split(tmp_path):
    path = tmp_path / "handwriting" / CELLS_FILE
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(("5/train-00001", "5/val-00002", "blank/train-00003", "printed-5/train-00004")):
            image = np.full((40 + number, 64), 200, np.uint8)
            archive.writestr(f"{name}.jpg", cv2.imencode(".jpg", image)[1].tobytes())

    ((cell, label),) = load_cells(tmp_path, Part.TRAINING)

    assert (cell.shape, label) == ((40, 64), "5")
    assert not list(load_cells(tmp_path / "nothing", Part.TRAINING))


@pytest.mark.parametrize("file", [DIGITS_FILE, CELLS_FILE])
def test_damaged_files_are_reported(tmp_path, file):
    path = tmp_path / "handwriting" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no archive")

    with pytest.raises(MissingDataError, match="damaged"):
        load_unipen_digits(tmp_path, Part.TRAINING)
        list(load_cells(tmp_path, Part.TRAINING))
