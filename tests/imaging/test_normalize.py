import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from digitrec.datasets.digits import load_mnist
from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.normalize import (
    MAX_STROKE_WIDTH,
    MIN_STROKE_WIDTH,
    mean_stroke_width,
    normalize,
    normalize_stroke_width,
)
from digitrec.imaging.strokes import Stroke, render
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
    for original in test.images[:50]:
        enlarged = np.asarray(Image.fromarray(original).resize((280, 280), enlargement))
        drawing = np.roll(np.pad(enlarged, 100), shift, (0, 1))
        image, _ = normalize(drawing)
        differences.append(np.abs(image - original.astype(np.float32) / 255).mean())

    assert np.median(differences) < difference


def draw(digit, brush):
    ink = render([Stroke(stroke.points, brush) for stroke in samples()[digit]], 280)
    return ink[bounding_box(ink)]


@pytest.mark.parametrize("width", [3, 8, 15])
def test_stroke_width_of_a_ring_is_measured(width):
    rows, columns = np.mgrid[-60:61, -60:61]
    distance = np.hypot(rows, columns)
    ring = np.where(np.abs(distance - 40) <= width / 2, 255, 0).astype(np.uint8)

    assert mean_stroke_width(ring) == pytest.approx(width, rel=0.2)


@pytest.mark.parametrize("digit", range(10))
def test_strokes_of_usual_width_are_unchanged(digit):
    ink = draw(digit, 24)

    adjusted, reason = normalize_stroke_width(ink)

    assert adjusted is ink
    assert "within the usual range" in reason


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize(("brush", "word"), [(5, "thickened"), (60, "thinned")])
def test_strokes_of_any_brush_are_normalized(digit, brush, word):
    adjusted, reason = normalize_stroke_width(draw(digit, brush))

    assert word in reason
    width = mean_stroke_width(adjusted) * 20 / max(adjusted.shape)
    assert MIN_STROKE_WIDTH - 0.4 < width < MAX_STROKE_WIDTH + 0.6


def test_thin_and_thick_drawings_normalize_to_similar_inputs():
    thin, thick = (normalize(draw(8, brush))[0] for brush in (5, 40))

    assert thin.sum() > 0.5 * thick.sum()


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (3, 2)])
def test_tiny_ink_is_not_eroded_away(shape):
    adjusted, _ = normalize_stroke_width(np.full(shape, 255, np.uint8))

    assert adjusted.any()
