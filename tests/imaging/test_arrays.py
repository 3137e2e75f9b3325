import numpy as np
import pytest

from digitrec.imaging.arrays import bounding_box


@pytest.mark.parametrize(("rows", "columns"), [((3, 9), (2, 47)), ((0, 50), (0, 1)), ((49, 50), (49, 50))])
def test_bounding_box_contains_exactly_the_ink(rows, columns):
    ink = np.zeros((50, 50), np.uint8)
    ink[slice(*rows), slice(*columns)] = 255

    assert bounding_box(ink) == (slice(*rows), slice(*columns))


def test_blank_image_has_no_bounding_box():
    assert bounding_box(np.zeros((50, 50), np.uint8)) is None
