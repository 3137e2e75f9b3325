import gzip
import shutil
import zipfile

import numpy as np
import pytest

from digitrec.cli import main
from digitrec.config import settings
from digitrec.datasets.digits import scale_to_unit
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS, VALIDATION_WRITERS, load_pen_digits
from digitrec.datasets.sources import load_available_sources
from digitrec.errors import MissingDataError
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.cards import read_card
from digitrec.samples import samples
from digitrec.training import robustness
from tests.support.pictures import encode_image, photo, unipen_segment


@pytest.fixture
def folder(tmp_path):
    """A folder with a few of our own drawings in the format of every source."""
    pens = "".join(unipen_segment(writer, digit) for writer in range(1, 31) for digit in (1, 7))
    (tmp_path / "pendigits-orig.tra.gz").write_bytes(gzip.compress(f".LEXICON 0 1\n{pens}".encode()))
    images = np.stack([render(strokes, 280)[::9, ::9] for strokes in samples().values()])
    labels = np.arange(10, dtype=np.uint8)
    scans = {
        f"{name}_{key}": value
        for name in ("usps", "optdigits", "semeion")
        for key, value in (("x", images), ("y", labels))
    }
    np.savez(tmp_path / "other-scans.npz", **scans)
    with zipfile.ZipFile(tmp_path / "photo-digits.zip", "w") as photos:
        for number in range(1, 7):
            photos.writestr(f"{number}/{number:04}.png", encode_image(photo(number)))
    mnist = (np.stack([normalize(render(strokes, 280))[0] for strokes in samples().values()]) * 255).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=mnist, y_train=labels, x_test=mnist, y_test=labels)
    return tmp_path


def test_pen_digits_are_upright_and_have_writers(folder):
    pens = load_pen_digits(folder)

    assert len(pens) == 60
    assert {pen.writer for pen in pens} == set(range(1, 31))
    seven = pens[1]
    assert (seven.label, len(seven.strokes)) == (7, 2)
    points = np.concatenate([stroke.points for stroke in seven.strokes])
    assert (points.max(0) - points.min(0)).max() == pytest.approx(210)
    assert (points.max(0) + points.min(0)) / 2 == pytest.approx(140)
    assert seven.strokes[0].points[0][1] < 60


def test_every_source_is_preprocessed_like_the_app(folder, recognizer):
    found = dict(load_available_sources(folder))

    assert list(found) == ["MNIST test", "Pen strokes (held-out writers)", "USPS", "optdigits", "Semeion", "Photos"]
    assert len(found["Pen strokes (held-out writers)"]) == 2 * len(HELD_OUT_WRITERS)
    # Photos with a number divisible by 3 are skipped.
    assert found["Photos"].labels.tolist() == [1, 2, 4, 5]
    for digits in found.values():
        predicted = recognizer.model.classifier.classify(scale_to_unit(digits.images)).probabilities.argmax(1)
        assert (predicted == digits.labels).mean() > 0.8


def test_only_available_sources_are_loaded(folder):
    (folder / "mnist.npz").unlink()
    (folder / "photo-digits.zip").unlink()

    assert len(dict(load_available_sources(folder))) == 4


def test_folder_without_sources_raises_an_error(tmp_path):
    with pytest.raises(MissingDataError, match="There is no test data"):
        list(load_available_sources(tmp_path))


# mtime=0 keeps the test IDs stable across processes.
@pytest.mark.parametrize("content", [b"", b"cut", gzip.compress(b'.SEGMENT DIGIT ? "8"\n.COMMENT 8 12 1\n', mtime=0)])
def test_damaged_pen_digits_raise_an_error(tmp_path, content):
    (tmp_path / "pendigits-orig.tra.gz").write_bytes(content)

    with pytest.raises(MissingDataError, match=r"pendigits-orig\.tra\.gz is damaged"):
        list(load_available_sources(tmp_path))


@pytest.mark.parametrize("name", ["other-scans.npz", "photo-digits.zip"])
def test_damaged_archives_raise_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK cut off")

    with pytest.raises(MissingDataError, match="is damaged"):
        list(load_available_sources(tmp_path))


@pytest.mark.slow
def test_evaluate_writes_every_source_to_the_card(folder, setting, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(robustness, "_NEGATIVES", 30)
    shutil.copytree(settings().models, tmp_path / "models")
    setting("MODELS", tmp_path / "models")
    before = read_card("everyhand", tmp_path / "models")

    assert main(["evaluate", "--data", str(folder)]) == 0

    output = capsys.readouterr().out
    card = read_card("everyhand", tmp_path / "models")
    for source in ("MNIST test", "Pen strokes (held-out writers)", "USPS", "Photos"):
        assert source in output
        assert source in card.evaluations
    assert card.evaluations["Photos"].digits == 4
    assert set(card.robustness) == {"size", "brush", "slant", "place", "paper", "file"}
    assert card.refusals["digits in two rows"] > 0.5
    assert card.refusals["digits side by side"] > 0.5
    kept = [kind for kind in card.refusals if kind.endswith("(held out)")]
    assert len(card.refusals) == 5 + len(kept)
    assert all(card.refusals[kind] == before.refusals[kind] for kind in kept)


def test_validation_and_held_out_writers_are_disjoint():
    assert not HELD_OUT_WRITERS & VALIDATION_WRITERS
