import gzip

import keras
import numpy as np
import pytest

from digitrec.datasets.parts import Part, parts_by_writer
from digitrec.datasets.unipen import DIGITS_FILE, LETTERS_FILE, NUMBERS_FILE
from digitrec.errors import MissingDataError
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.samples import samples
from digitrec.training.data.data_uses import data_uses
from digitrec.training.data.training_data import data_folder, load_training_data
from tests.support.handwriting import write_strokes
from tests.support.pictures import unipen_segment

WRITERS = [f"unipen/{number:02}" for number in range(14)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    images = np.stack([normalize(render(strokes, 280))[0] * 255 for strokes in samples().values()]).astype(np.uint8)
    images, labels = np.tile(images, (3, 1, 1)), np.tile(np.arange(10, dtype=np.uint8), 3)
    np.savez(folder / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    pens = "".join(unipen_segment(writer, 7) for writer in range(1, 31))
    (folder / "pendigits-orig.tra.gz").write_bytes(gzip.compress(pens.encode()))
    write_strokes(folder, DIGITS_FILE, [("7", writer) for writer in WRITERS])
    write_strokes(folder, NUMBERS_FILE, [("77", writer) for writer in WRITERS])
    write_strokes(folder, LETTERS_FILE, [("k", writer) for writer in WRITERS])
    write_strokes(folder, "negatives/uji1-letters.npz", [("k", "uji1/01")])
    return folder


def test_held_out_writers_are_neither_trained_nor_validated_on(folder):
    data = load_training_data(folder, 0)

    parts = parts_by_writer(WRITERS)
    trained = {pen.writer for pen in data.material.pens} & set(WRITERS)
    validated = {pen.writer for pen in data.validation_pens} & set(WRITERS)
    assert trained == {writer for writer, part in parts.items() if part is Part.TRAINING}
    assert validated == {writer for writer, part in parts.items() if part is Part.VALIDATION}
    assert (len(data.material.letters), len(data.material.numbers)) == (11, 10)
    assert "UNIPEN" in data.license


def test_unipen_can_be_left_out(folder):
    data = load_training_data(folder, 0, unipen=False)

    assert not {pen.writer for pen in (*data.material.pens, *data.validation_pens)} & set(WRITERS)
    assert (len(data.material.letters), len(data.material.numbers)) == (1, 0)
    assert "UNIPEN" not in data.license


def test_card_names_the_writers_of_each_part(folder):
    uses = {(use.source, use.part): use for use in data_uses(folder)}

    parts = parts_by_writer(WRITERS)
    for part in Part:
        assert uses["UNIPEN digits", part].writers == [writer for writer in WRITERS if parts[writer] is part]
    assert uses["Pen-Based Recognition of Handwritten Digits", Part.TRAINING].samples == 21
    without = [use for use in data_uses(folder, unipen=False) if use.source.startswith("UNIPEN")]
    assert {use.part for use in without} == {Part.HELD_OUT}


def test_failed_download_names_the_option_and_the_setting(folder, monkeypatch):
    def fail(*arguments, **options):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.utils, "get_file", fail)

    with pytest.raises(MissingDataError, match="Use --data or, in the app, the setting DIGITREC_DATASETS"):
        data_folder(None)
    assert data_folder(folder) == folder
