import numpy as np
import pytest

from digitrec.recognition.imported.conventions import Colors, Fit, Scale, prepare
from digitrec.recognition.imported.image_input import image_input


def prepared(image, side, scale=Scale.UNIT, colors=Colors.WHITE_ON_BLACK, fit=Fit.RESIZED):
    taken = image_input((-1, side, side), np.dtype(np.float32))
    return prepare(image[np.newaxis].astype(np.float32), taken, scale, colors, fit)[0]


def image_with(top, left, height, width):
    image = np.zeros((28, 28))
    image[top : top + height, left : left + width] = 1
    return image


@pytest.mark.parametrize("side", [8, 28, 64])
def test_cropped_digit_fills_the_picture_but_a_pixel(side):
    picture = prepared(image_with(3, 20, 14, 6), side, fit=Fit.CROPPED)

    rows, columns = np.nonzero(picture > 0.4)
    pixel = side / 16
    assert rows.min() == pytest.approx(pixel, abs=1)
    assert side - 1 - rows.max() == pytest.approx(pixel, abs=1)
    assert columns.mean() == pytest.approx((side - 1) / 2, abs=0.5)
    assert np.ptp(columns) + 1 == pytest.approx(6 * pixel, abs=1)


def test_image_without_ink_is_not_cropped():
    np.testing.assert_array_equal(prepared(np.full((28, 28), 0.2), 28, fit=Fit.CROPPED), np.float32(0.2))


@pytest.mark.parametrize("colors", Colors)
def test_columns_have_length_1_or_0(colors):
    picture = prepared(image_with(4, 4, 20, 10), 28, Scale.COLUMNS, colors)

    lengths = np.linalg.norm(picture, axis=0)
    np.testing.assert_allclose(lengths[5:14], 1, atol=1e-5)
    np.testing.assert_allclose(lengths[14:], 0 if colors is Colors.WHITE_ON_BLACK else 1, atol=1e-5)
