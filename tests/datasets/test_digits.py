import numpy as np
import pytest

from digitrec.datasets.digits import Digits, load_mnist, scale_to_unit, split
from digitrec.errors import MissingDataError


@pytest.fixture
def digits():
    return Digits(np.arange(100 * 784, dtype=np.uint32).astype(np.uint8).reshape(100, 28, 28), np.arange(100) % 10)


def test_mnist_is_loaded_in_the_format_of_keras(tmp_path, digits):
    np.savez(
        tmp_path / "mnist.npz",
        x_train=digits.images,
        y_train=digits.labels,
        x_test=digits.images[:20],
        y_test=digits.labels[:20],
    )

    train, test = load_mnist(tmp_path)

    assert np.array_equal(train.images, digits.images)
    assert (len(train), len(test)) == (100, 20)


def test_missing_mnist_raises_an_error(tmp_path):
    with pytest.raises(MissingDataError, match=r"no mnist\.npz"):
        load_mnist(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"x_train"])
def test_damaged_mnist_raises_an_error(tmp_path, content):
    (tmp_path / "mnist.npz").write_bytes(content)

    with pytest.raises(MissingDataError, match=r"mnist\.npz is damaged"):
        load_mnist(tmp_path)


def test_split_is_reproducible_and_complete(digits):
    train, validation = split(digits, 0.2, seed=1)

    assert (len(train), len(validation)) == (80, 20)
    assert sorted([*train.images[:, 0, 0], *validation.images[:, 0, 0]]) == sorted(digits.images[:, 0, 0])
    assert np.array_equal(validation.images, split(digits, 0.2, seed=1)[1].images)
    assert not np.array_equal(validation.images, split(digits, 0.2, seed=2)[1].images)


def test_scaled_images_range_from_0_to_1():
    assert scale_to_unit(np.array([0, 51, 255], np.uint8)).tolist() == pytest.approx([0, 0.2, 1])
