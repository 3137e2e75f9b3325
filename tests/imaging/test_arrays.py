import numpy as np
import pytest

from digitrec.imaging.arrays import bounding_box, percentile


@pytest.mark.parametrize(("rows", "columns"), [((3, 9), (2, 47)), ((0, 50), (0, 1)), ((49, 50), (49, 50))])
def test_bounding_box_contains_exactly_the_ink(rows, columns):
    ink = np.zeros((50, 50), np.uint8)
    ink[slice(*rows), slice(*columns)] = 255

    assert bounding_box(ink) == (slice(*rows), slice(*columns))


def test_blank_image_has_no_bounding_box():
    assert bounding_box(np.zeros((50, 50), np.uint8)) is None


@pytest.mark.parametrize("percent", [0, 40, 99.5, 100])
@pytest.mark.parametrize("highest", [1, 9, 255])
def test_percentile_interpolates_as_numpy_does(percent, highest):
    gray = np.random.default_rng(0).integers(0, highest, (23, 31), np.uint8, endpoint=True)

    assert percentile(gray, percent) == pytest.approx(np.percentile(gray, percent), abs=1e-9)
