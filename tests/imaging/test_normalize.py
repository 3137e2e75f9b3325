import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from digitrec.datasets.digits import load_mnist
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.samples import samples


def test_steps_are_recorded_in_order():
    _, steps = normalize(render(samples()[7], 280))

    assert [step.name for step in steps] == [
        "Ink",
        "Bounding box",
        "Crop",
        "Stroke width",
        "Fit to 20×20",
        "Center in 28×28",
        "Network input",
    ]
    assert all(step.reason and step.image.dtype == np.uint8 for step in steps)


def test_pixels_below_20_count_as_paper():
    ink = np.full((50, 50), 19, np.uint8)
    ink[20:30, 20:30] = 20

    _, (clean, boxed, cropped, *_) = normalize(ink)

    assert clean.image[0, 0] == 0
    assert boxed.box == (20, 20, 30, 30)
    assert cropped.image.shape == (10, 10)


def test_longer_side_becomes_20_with_the_same_proportions():
    ink = np.zeros((300, 300), np.uint8)
    ink[10:210, 50:150] = 255
    ink[30:190, 70:130] = 0

    _, steps = normalize(ink)

    assert steps[4].image.shape == (20, 10)


@pytest.mark.parametrize("digit", range(10))
def test_center_of_mass_is_within_half_a_pixel_of_the_center(digit):
    image, steps = normalize(render(samples()[digit], 280))

    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert 0 <= image.min() < image.max() <= 1
    center = ndimage.center_of_mass(image)
    assert np.abs(np.subtract(center, 14)).max() <= 0.5
    [point] = [step.point for step in steps if step.point]
    assert np.allclose(np.subtract(point, 0.5), center[::-1], atol=0.01)


def test_lopsided_ink_stays_inside_the_image():
    ink = np.zeros((200, 200), np.uint8)
    ink[:, 199] = 255
    ink[0, :] = 21

    image, _ = normalize(ink)

    assert image.sum() == pytest.approx(normalize(ink[::-1, ::-1])[0].sum(), rel=0.05)


@pytest.mark.parametrize("ink", [np.zeros((40, 40), np.uint8), np.full((40, 40), 19, np.uint8)])
def test_blank_ink_gives_zeros(ink):
    image, steps = normalize(ink)

    assert not image.any()
    assert [step.name for step in steps] == ["Ink"]


# The mean brightness of these digits is 0.13, and a shift by one pixel differs by 0.06.
@pytest.mark.parametrize(
    ("enlargement", "difference"), [(Image.Resampling.NEAREST, 0.01), (Image.Resampling.BICUBIC, 0.03)]
)
@pytest.mark.parametrize("shift", [(0, 0), (37, 11), (-25, 40)])
def test_enlarged_and_shifted_mnist_digits_are_restored(data, shift, enlargement, difference):
    _, test = load_mnist(data)
    differences = []
    for original in test.images[:200]:
        enlarged = np.asarray(Image.fromarray(original).resize((280, 280), enlargement))
        drawing = np.roll(np.pad(enlarged, 100), shift, (0, 1))
        image, _ = normalize(drawing)
        differences.append(np.abs(image - original.astype(np.float32) / 255).mean())

    assert np.median(differences) < difference
