import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitrec.store.images import Images


@pytest.fixture
def images(tmp_path):
    return Images(tmp_path / "images")


def test_a_drawing_comes_back_pixel_for_pixel(images):
    picture = np.arange(280 * 280, dtype=np.uint32).astype(np.uint8).reshape(280, 280)

    kept = Image.open(io.BytesIO(images.read(images.write(picture))))

    assert kept.format == "PNG"
    assert np.array_equal(np.asarray(kept), picture)


def test_a_photograph_is_kept_small(images):
    photo = np.random.default_rng(0).integers(0, 255, (768, 1024, 3), np.uint8)

    kept = Image.open(io.BytesIO(images.read(images.write(photo))))

    assert kept.format == "JPEG"
    assert kept.size == (1024, 768)
    assert not kept.getexif()


def test_no_two_pictures_share_a_name_and_names_are_long(images):
    names = {images.write(np.zeros((5, 5), np.uint8)) for _ in range(50)}

    assert len(names) == 50
    assert min(map(len, names)) >= 20


def test_picture_that_cannot_be_written_leaves_nothing_behind(images, monkeypatch):
    def disk_full(path, data):
        path.open("wb").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(OSError, match="No space"):
        images.write(np.zeros((5, 5), np.uint8))

    assert list(images.folder.iterdir()) == []


def test_what_is_deleted_is_gone_and_may_be_deleted_again(images):
    name = images.write(np.zeros((5, 5), np.uint8))
    images.delete(name)
    images.delete(name)

    with pytest.raises(FileNotFoundError):
        images.read(name)
