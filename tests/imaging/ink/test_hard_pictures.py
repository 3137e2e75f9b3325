"""Pictures in which ink is thin, faint, cut off or framed, made in many variants."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from digitrec.config import EVERYHAND, settings
from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.ink.polarity import has_dark_ink
from digitrec.imaging.line.detection import find_line
from digitrec.imaging.normalize import normalize
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.samples import samples


@pytest.fixture(scope="module")
def classifier():
    return load_digit_model(EVERYHAND, settings().models).classifier


def draw(digit, shape, size, width, center=(0.5, 0.5)):
    """Return the coverage (height, width), 0 to 1, of a sample digit whose longer side is ``size`` pixels."""
    points = [np.array(stroke.points) for stroke in samples()[digit]]
    low, high = np.concatenate(points).min(0), np.concatenate(points).max(0)
    scale, middle = size / max(high - low), np.array(center) * shape[::-1]
    fine = 4 if max(shape) < 300 else 1
    image = np.zeros((fine * shape[0], fine * shape[1]), np.uint8)
    for stroke in points:
        at = ((stroke - (low + high) / 2) * scale + middle) * 16 * fine
        cv2.polylines(image, [at.astype(np.int32)], False, 255, max(1, round(fine * width)), cv2.LINE_AA, 4)
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def photograph(brightness, random, noise):
    """Return a picture of this brightness with noise, compressed as JPEG and decoded."""
    noisy = cv2.GaussianBlur(brightness.astype(np.float32), (0, 0), 0.7) + random.normal(0, noise, brightness.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=88)
    return np.asarray(Image.open(buffer))


def overlap(found, ink):
    """Return the intersection over union of what was found, at any size, and the true ink."""
    true = ink > 0.5
    small = cv2.resize(found.astype(np.uint8), true.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    return (small & true).sum() / (small | true).sum()


def thin_pen(digit, random):
    side = 600
    slope = random.uniform(10, 30) * np.linspace(-1, 1, side)
    ink = draw(digit, (side, side), random.uniform(0.15, 0.35) * side, max(2.0, 0.004 * side))
    return photograph(205 + slope - random.uniform(80, 130) * ink, random, 4)


def light_on_noisy_gray(digit, random):
    ink = draw(digit, (128, 128), 85, random.uniform(10, 18))
    return np.clip(110 + 120 * ink + random.normal(0, 30, ink.shape), 0, 255).astype(np.uint8)


def cell_with_border(digit, random):
    width = int(random.integers(46, 85))
    gray = 200 - 90 * draw(digit, (34, width), 20, 2, (random.uniform(0.35, 0.55), 0.47))
    first, last = (0, 34) if random.random() < 0.5 else (7, 32)
    gray[first:last, width - 4] -= 100
    gray[32, : width if random.random() < 0.5 else width // 2] -= 100
    return photograph(gray, random, 2)


def cell_cut_off_below(digit, random):
    gray = 160 - 90 * draw(digit, (64, 64), 46, random.uniform(3, 5), (0.5, 0.66))
    gray[: int(random.integers(2, 5))] = 30
    gray[:, : int(random.integers(2, 5))] = 30
    gray[:, 64 - int(random.integers(1, 4)) :] = 30
    return photograph(gray, random, 2)


def pencil_in_a_black_frame(digit, random):
    gray = 170 - random.uniform(55, 70) * draw(digit, (64, 64), 44, 4)
    for edge in (np.s_[:4], np.s_[:, :4], np.s_[:, 62:]):
        gray[edge] = 15
    return photograph(cv2.GaussianBlur(gray, (0, 0), random.uniform(1, 2)), random, 2)


def light_in_a_dark_frame(digit, random):
    gray = 160 - random.uniform(20, 40) * draw(digit, (64, 64), 44, 4, (0.5, 0.52))
    gray[: int(random.integers(5, 8))] = gray[:, : int(random.integers(4, 7))] = 20
    if digit % 2:
        gray[-int(random.integers(4, 6)) :] = gray[:, -int(random.integers(4, 6)) :] = 20
    return photograph(cv2.GaussianBlur(gray, (0, 0), 1 if digit % 2 else 2), random, 1.5)


def cut_off(digit, random):
    side = int(random.choice((28, 56, 112, 280)))
    width = 0.1 * side
    ink = draw(digit, (side, side), side - width * random.uniform(0.2, 1.2), width)
    drawn = (255 * ink).astype(np.uint8)
    return drawn if random.random() < 0.5 else 255 - drawn


def figure_with_axes(digit, random):
    side = int(random.integers(120, 300))
    left, top = random.integers(30, 80, 2)
    figure = np.full((side + top + 60, side + left + 40), random.choice((255, 240)), np.uint8)
    figure[top : top + side, left : left + side] = 255 * draw(digit, (side, side), 0.7 * side, 0.09 * side)
    for at in range(side // 10, side, side // 5):
        figure[top + side : top + side + 5, left + at] = 0
        figure[top + at, left - 5 : left] = 0
        cv2.putText(figure, str(at), (left + at, top + side + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.3, 0)
    return figure


@pytest.mark.parametrize(
    ("make", "min_right"),
    [
        pytest.param(thin_pen, 9, marks=pytest.mark.slow),
        (light_on_noisy_gray, 9),
        (cell_with_border, 8),
        (cell_cut_off_below, 9),
        pytest.param(pencil_in_a_black_frame, 9, marks=pytest.mark.slow),
        (light_in_a_dark_frame, 9),
        (cut_off, 10),
        (figure_with_axes, 10),
    ],
)
def test_hard_pictures_are_recognized(make, min_right, classifier):
    images = [normalize(find_ink(make(number % 10, np.random.default_rng(number)))[0])[0] for number in range(10)]

    predicted = classifier.classify(np.stack(images)).probabilities.argmax(1)

    pairs = enumerate(zip(images, predicted, strict=True))
    is_right = [bool(image.any()) and label == number % 10 for number, (image, label) in pairs]
    assert sum(is_right) >= min_right


@pytest.mark.parametrize("seed", range(10))
def test_broken_border_of_a_cell_is_not_a_digit(seed):
    random = np.random.default_rng(seed)
    height, width = int(random.integers(32, 40)), int(random.integers(56, 90))
    gray = 200 - 90 * draw(seed, (height, width), 0.55 * height, 2.2, (0.4, 0.45))
    gray[height // 8 : -3, width - random.integers(6, 8)] -= 100
    gray = photograph(gray if seed % 2 else gray[:, ::-1], random, 2)

    side = slice(-30, None) if seed % 2 else slice(30)
    assert not find_ink(gray)[0][:, side].any()
    assert not find_line(gray)[0].writing[:, side].any()


def test_one_beside_another_digit_is_not_a_border():
    gray = 200 - 120 * draw(7, (120, 160), 80, 6, (0.4, 0.5))
    gray[15:105, 142:148] -= 120
    gray = photograph(gray, np.random.default_rng(0), 2)

    assert find_ink(gray)[0][:, -50:].any()
    assert find_line(gray)[0].writing[:, -50:].any()


@pytest.mark.parametrize("seed", range(10))
def test_dim_number_is_found_where_the_corners_are_dark(seed):
    random = np.random.default_rng(seed)
    shape = (260, 520)
    size, width, left = random.uniform(80, 130), random.uniform(3, 9), 130 + random.normal(0, 10)
    inks = [draw(digit, shape, size, width, ((left + 130 * k) / 520, 0.5)) for k, digit in enumerate((3, 7, 8))]
    rows, columns = np.mgrid[-0.5:0.5:260j, -0.5:0.5:520j]
    light = random.uniform(60, 140) * (1 - random.uniform(0.6, 1.6) * (rows**2 + columns**2))
    ink = np.max(inks, 0)

    gray = photograph(light * (1 - 0.3 * ink), random, random.uniform(1, 3))

    assert has_dark_ink(gray) and has_dark_ink(gray, is_line=True)
    found = find_line(gray)[0].writing
    assert found[ink > 0.9].mean() > 0.9
    assert not (found & (cv2.dilate(ink, np.ones((9, 9))) == 0)).any()


def framed_cell(digits, random, contrast):
    """Return a picture of a table's cell with a number in it, and the coverage of the ink (height, width)."""
    height = int(random.integers(40, 80))
    shape = height, round(random.uniform(1.9, 2.6) * height)
    gray = np.full(shape, random.uniform(150, 200))
    for edge in (np.s_[:3], np.s_[-2:], np.s_[:, :2], np.s_[:, -3:]):
        gray[edge] = 20
    places = enumerate(digits)
    inks = [draw(digit, shape, 0.55 * height, height / 18, (0.3 + 0.4 * k / height * 40, 0.5)) for k, digit in places]
    ink = np.max([*inks, np.zeros(shape)], 0)
    return photograph(gray - contrast * ink, random, 1.5), ink


@pytest.mark.parametrize("seed", range(6))
def test_light_number_is_found_in_the_dark_frame_of_a_cell(seed):
    random = np.random.default_rng(seed)
    gray, ink = framed_cell((2, 5), random, random.uniform(30, 60))

    line, _ = find_line(gray)

    small = cv2.resize(line.writing.astype(np.float32), gray.shape[::-1], interpolation=cv2.INTER_AREA)
    assert small[ink > 0.9].mean() > 0.9
    assert not (small[cv2.dilate(ink, np.ones((9, 9))) == 0] > 0.5).any()


@pytest.mark.parametrize("center", [0.12, 0.88])
@pytest.mark.parametrize("digit", range(0, 10, 3))
def test_digit_anywhere_in_a_wide_cell_is_found(digit, center):
    random = np.random.default_rng(digit)
    gray = np.full((60, 300), 180.0)
    for edge in (np.s_[:3], np.s_[-2:], np.s_[:, :2], np.s_[:, -3:]):
        gray[edge] = 20
    ink = draw(digit, gray.shape, 33, 3.5, (center, 0.5))
    gray = photograph(gray - random.uniform(40, 80) * ink, random, 1.5)

    assert overlap(find_ink(gray)[0] > 127, ink) > 0.9
    assert overlap(find_line(gray)[0].writing, ink) > 0.9


@pytest.mark.parametrize("center", [0.15, 0.85])
@pytest.mark.parametrize("digit", range(0, 10, 3))
def test_digit_anywhere_on_paper_with_dark_lines_is_found(digit, center):
    random = np.random.default_rng(digit)
    ink = draw(digit, (300, 420), 70, 5, (center, 0.5))
    gray = 200 - random.uniform(60, 110) * ink
    for row in range(30, 300, 60):
        gray[row : row + 2] = 60
    gray = photograph(gray, random, 3)

    assert overlap(find_ink(gray)[0] > 127, ink) > 0.9
    assert overlap(find_line(gray)[0].writing, ink) > 0.8


@pytest.mark.parametrize("width", [5, 8])
@pytest.mark.parametrize("digit", [0, 3, 5, 6, 8, 9])
def test_round_strokes_along_the_edges_of_a_tight_crop_are_ink(digit, width):
    ink = draw(digit, (200, 200), 120, width)
    rows, columns = bounding_box(ink > 0.5)
    ink = ink[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1]
    gray = photograph(190 - 110 * ink, np.random.default_rng(digit), 3)

    assert overlap(find_ink(gray)[0] > 127, ink) > 0.8


@pytest.mark.parametrize("seed", range(6))
def test_empty_cell_has_no_ink(seed):
    gray, _ = framed_cell((), np.random.default_rng(seed), 0)

    assert not find_line(gray)[0].writing.any()
    assert not find_ink(gray)[0].any()


@pytest.mark.parametrize("seed", range(6))
def test_shadow_across_blank_paper_has_no_ink(seed):
    random = np.random.default_rng(seed)
    columns = np.arange(400)
    light = 180 * (1 - random.uniform(0.2, 0.5) / (1 + np.exp((random.uniform(100, 300) - columns) / 30)))

    ink, _ = find_ink(photograph(np.broadcast_to(light, (300, 400)), random, random.uniform(1, 6)))

    assert not ink.any()


@pytest.mark.parametrize("side", [3, 4, 5, 11])
def test_dot_in_a_tiny_picture_is_not_a_panel(side):
    gray = np.pad(np.zeros((side, side), np.uint8), side, constant_values=255)

    assert find_ink(gray)[0].any()
