import numpy as np
import pytest

from digitrec.recognition.imported.conventions import Colors, Fit, Scale, Values, interpret, prepare
from digitrec.recognition.imported.image_input import image_input


def prepared(image, shape, scale=Scale.UNIT, colors=Colors.WHITE_ON_BLACK, fit=Fit.RESIZED):
    taken = image_input((-1, *shape), np.dtype(np.float32))
    return prepare(image[np.newaxis].astype(np.float32), taken, scale, colors, fit)[0]


def image_with(top, left, height, width):
    image = np.zeros((28, 28))
    image[top : top + height, left : left + width] = 1
    return image


@pytest.mark.parametrize("side", [8, 28, 64])
def test_cropped_digit_fills_the_picture_but_a_pixel(side):
    picture = prepared(image_with(3, 20, 14, 6), (side, side), fit=Fit.CROPPED)

    rows, columns = np.nonzero(picture > 0.4)
    pixel = side / 16
    assert rows.min() == pytest.approx(pixel, abs=1)
    assert side - 1 - rows.max() == pytest.approx(pixel, abs=1)
    assert columns.mean() == pytest.approx((side - 1) / 2, abs=0.5)
    assert np.ptp(columns) + 1 == pytest.approx(6 * pixel, abs=1)


def test_image_without_ink_is_not_cropped():
    np.testing.assert_array_equal(prepared(np.full((28, 28), 0.2), (28, 28), fit=Fit.CROPPED), np.float32(0.2))


@pytest.mark.parametrize("colors", [Colors.WHITE_ON_BLACK, Colors.BLACK_ON_WHITE])
def test_columns_have_length_1_or_0(colors):
    picture = prepared(image_with(4, 4, 20, 10), (28, 28), Scale.COLUMNS, colors)

    lengths = np.linalg.norm(picture, axis=0)
    np.testing.assert_allclose(lengths[5:14], 1, atol=1e-5)
    np.testing.assert_allclose(lengths[14:], 0 if colors is Colors.WHITE_ON_BLACK else 1, atol=1e-5)


@pytest.mark.parametrize(
    ("fit", "top", "left", "height", "width"),
    [(Fit.RESIZED, 0, 0, 84, 56), (Fit.LETTERBOXED, 14, 0, 56, 56), (Fit.PADDED, 28, 14, 28, 28)],
)
def test_image_is_fitted_into_a_picture_that_is_not_square(fit, top, left, height, width):
    picture = prepared(np.ones((28, 28)), (84, 56), fit=fit)

    expected = np.zeros((84, 56))
    expected[top : top + height, left : left + width] = 1
    np.testing.assert_array_equal(picture, expected)


def test_digit_cropped_to_a_picture_that_is_not_square_keeps_its_proportions():
    picture = prepared(image_with(3, 20, 14, 6), (64, 32), fit=Fit.CROPPED)

    rows, columns = np.nonzero(picture > 0.4)
    assert np.ptp(rows) + 1 == pytest.approx(14 * 4, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(6 * 4, abs=1)


@pytest.mark.parametrize(
    ("colors", "ink", "paper"),
    [
        (Colors.WHITE_ON_BLACK, (255, 255, 255, 255), (0, 0, 0, 255)),
        (Colors.BLACK_ON_WHITE, (0, 0, 0, 255), (255, 255, 255, 255)),
        (Colors.BLACK_ON_TRANSPARENT, (0, 0, 0, 255), (0, 0, 0, 0)),
        (Colors.WHITE_ON_TRANSPARENT, (255, 255, 255, 255), (0, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("shape", [(28, 28, 4), (4, 28, 28)])
def test_fourth_channel_is_the_opacity(shape, colors, ink, paper):
    picture = prepared(image_with(4, 4, 20, 10), shape, Scale.BYTE, colors)

    pixels = picture if shape[2] == 4 else np.moveaxis(picture, 0, 2)
    np.testing.assert_array_equal(pixels[10, 10], ink)
    np.testing.assert_array_equal(pixels[0, 0], paper)


def test_only_the_last_of_eleven_outputs_means_that_it_is_not_a_digit():
    scores = np.array([[0.5, 0.25, *[0.0] * 8, 0.25]])

    eleven = interpret(scores, Values.PROBABILITIES, tuple(range(10)))
    twelve = interpret(np.pad(scores, [(0, 0), (0, 1)]), Values.PROBABILITIES, tuple(range(10)))

    np.testing.assert_allclose(eleven.kinds, [[0.75, 0, 0, 0.25]])
    assert twelve.kinds is None
    np.testing.assert_allclose(eleven.probabilities[0, :2], [2 / 3, 1 / 3], rtol=1e-6)
    np.testing.assert_array_equal(twelve.probabilities, eleven.probabilities)
