import numpy as np
import pytest

from digitrec.recognition.imported.image_input import FREE, image_input


@pytest.mark.parametrize(
    ("shape", "height", "width", "channels", "batch"),
    [
        ((FREE, 28, 28), 28, 28, 1, None),
        ((FREE, FREE, FREE, FREE), 28, 28, 1, None),
        ((FREE, FREE, 20, 30), 20, 30, 1, None),
        ((FREE, FREE, FREE, 3), 28, 28, 3, None),
        ((FREE, FREE, FREE, 1), 28, 28, 1, None),
        ((FREE, FREE), 28, 28, 1, None),
        ((1, 512, 256), 512, 256, 1, 1),
        ((FREE, 32, 20, 1), 32, 20, 1, None),
        ((FREE, 3, 20, 32), 20, 32, 3, None),
        ((FREE, 280, 280, 4), 280, 280, 4, None),
        ((FREE, 4, 32, 20), 32, 20, 4, None),
        ((FREE, 280 * 280 * 4), 280, 280, 4, None),
        ((FREE, 200 * 200 * 4), 200, 200, 4, None),
        ((FREE, 14 * 14 * 4), 28, 28, 1, None),
        ((32, 64), 8, 8, 1, 32),
        ((32, 28, 28), 28, 28, 1, 32),
    ],
)
def test_shape_is_that_of_pictures(shape, height, width, channels, batch):
    found = image_input(shape, np.dtype(np.float32))

    assert (found.height, found.width, found.channels, found.batch) == (height, width, channels, batch)
    assert found.has_batch
    assert np.prod(found.shape) == height * width * channels


@pytest.mark.parametrize(
    ("shape", "height", "width", "channels"),
    [((32, 20), 32, 20, 1), ((64, 64), 64, 64, 1), ((280, 280, 4), 280, 280, 4), ((280 * 280 * 4,), 280, 280, 4)],
)
def test_shape_is_that_of_one_picture_without_batch(shape, height, width, channels):
    found = image_input(shape, np.dtype(np.float32))

    assert (found.shape, found.height, found.width, found.channels) == (shape, height, width, channels)
    assert not found.has_batch


@pytest.mark.parametrize("shape", [(1, 7, 7), (1, 513, 513), (1, 61, 30), (1, 28, 28, 2), (1, 785), (1, 5, 28, 28), ()])
def test_shape_is_not_that_of_pictures(shape):
    assert image_input(shape, np.dtype(np.float32)) is None
