import gzip
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from digitrec.datasets.digits import load_mnist
from digitrec.datasets.sources import load_labeled_images, load_source
from digitrec.errors import MissingDataError
from tests.support.pictures import drawing_png


def archive(path, content=None, files=40):
    """Write drawings to a ZIP file, or files with this content."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for number in range(files):
            digit = number % 10
            archive.writestr(f"{digit}/{number}.png", drawing_png(digit) if content is None else content)
    return path.read_bytes()


def encrypted(data):
    """Return a ZIP file whose files all claim to be encrypted."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        head, *files = data.split(signature)
        at = offset - len(signature)
        data = signature.join([head, *(file[:at] + b"\x01" + file[at + 1 :] for file in files)])
    return data


def with_damaged_content(data):
    start = data.index(b"1/1.png") + 30
    return data[:start] + bytes(200) + data[start + 200 :]


def bomb(path):
    return archive(path, bytes(9 * 2**20), files=30)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: encrypted(archive(path)), "it is encrypted; create it again without a password"),
        (lambda path: with_damaged_content(archive(path)), "damaged|not the mnist.npz"),
        (lambda path: archive(path)[:-200], "not a zip file"),
        (lambda path: archive(path, b"", files=51), "more than 50 files"),
        pytest.param(bomb, "more than 200 times its size", marks=pytest.mark.slow),
    ],
    ids=["encrypted", "damaged", "cut off", "many files", "bomb"],
)
def test_archive_that_cannot_be_used_is_reported_in_one_line(make, reason, tmp_path, monkeypatch):
    # Writing 200,000 files takes too long.
    monkeypatch.setattr("digitrec.datasets.archives._MAX_FILES", 50)
    content = make(tmp_path / "new.zip")
    for name, load in (
        ("own.zip", load_labeled_images),
        ("photo-digits.zip", lambda path: load_source("Photos", path.parent)),
        ("mnist.npz", lambda path: load_mnist(path.parent)),
    ):
        path = tmp_path / name
        path.write_bytes(content)

        with pytest.raises(MissingDataError, match=reason) as caught:
            load(path)

        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("digitrec.datasets.archives._MAX_BYTES", 1000)
    archive(tmp_path / "own.zip")

    with pytest.raises(MissingDataError, match=r"unpacks to more than \d+ GB"):
        load_labeled_images(tmp_path / "own.zip")


def test_archive_of_drawings_is_read(tmp_path):
    archive(tmp_path / "own.zip")

    assert len(load_labeled_images(tmp_path / "own.zip")) == 40


def test_pickled_array_is_refused(tmp_path):
    np.savez(tmp_path / "mnist.npz", x_train=np.array([{}], object))

    with pytest.raises(MissingDataError, match="allow_pickle=False"):
        load_mnist(tmp_path)


def oversized():
    return gzip.compress(bytes(101 * 2**20), 1)


def damaged():
    return gzip.compress(b"pens")[:10] + b"damage" * 9


# Built by the test, because compressed content holds the time and so would name the test differently in each worker.
@pytest.mark.parametrize("build", [oversized, damaged])
def test_pen_digits_that_unpack_to_too_much_or_not_at_all_are_refused(tmp_path, build):
    (tmp_path / "pendigits-orig.tra.gz").write_bytes(build())

    with pytest.raises(MissingDataError, match="is damaged or has an unexpected format"):
        load_source("Pen strokes (held-out writers)", tmp_path)
