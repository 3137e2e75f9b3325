import cv2
import numpy as np
import pytest
from PIL import ImageOps

from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.ink.polarity import has_dark_ink
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import samples
from tests.support.pictures import photo


@pytest.mark.parametrize("inverted", [False, True])
def test_find_ink_handles_uneven_light_and_both_polarities(inverted):
    image = photo(7)
    flat = np.asarray(photo(7, slope=0, noise=0))
    expected = flat < 138  # halfway between ink and paper

    ink, steps = find_ink(np.asarray(ImageOps.invert(image) if inverted else image))

    actual = ink > 127
    assert (actual & expected).sum() / (actual | expected).sum() > 0.8
    assert steps[0].reason == ("light ink on dark paper" if inverted else "dark ink on light paper, inverted")
    assert [step.name for step in steps] == ["Bright ink", "Background removed", "Threshold", "Connected components"]


def test_blank_paper_has_no_ink():
    empty = np.full((100, 120), 200, np.uint8)

    ink, steps = find_ink(empty)

    assert not ink.any()
    assert steps[-1].reason == "nothing stands out from the paper"


@pytest.mark.parametrize("change", [-60, 60])
def test_soft_light_and_shadow_are_not_ink(change):
    sheet = np.full((240, 320), 150, np.float32)
    spot = np.zeros_like(sheet)
    spot[80:150, 120:180] = change
    soft = np.clip(sheet + cv2.GaussianBlur(spot, (0, 0), 25), 0, 255).astype(np.uint8)

    ink, steps = find_ink(soft)

    assert not ink.any()
    assert steps[-1].reason


def test_specks_are_dropped():
    gray = np.asarray(photo(4)).copy()
    gray[10:13, 10:13] = 40

    ink, _ = find_ink(gray)

    assert not ink[:20, :20].any()
    assert ink.any()


@pytest.mark.parametrize("enlargement", [1, 4])
@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("brush", [8, 20, 40])
def test_polarity_is_detected_in_small_and_tightly_cropped_images(digit, brush, enlargement):
    ink = render([Stroke(stroke.points, brush) for stroke in samples()[digit]], 280)
    tight = ink[bounding_box(ink)]
    small = cv2.resize(np.pad(tight, 12), None, fx=enlargement / 10, fy=enlargement / 10, interpolation=cv2.INTER_AREA)

    assert not has_dark_ink(small)
    assert has_dark_ink(255 - small)


def test_shadow_does_not_invert_the_polarity():
    gray = np.asarray(photo(3)).astype(float)
    gray[:, 200:] *= 0.5

    assert has_dark_ink(gray.astype(np.uint8))


@pytest.mark.parametrize("slope", [-0.05, 0, 0.08])
@pytest.mark.parametrize("upright", [False, True])
def test_ruled_lines_are_removed_and_the_digit_is_kept(slope, upright):
    clean = np.asarray(photo(8, slope=0, noise=2, size=(480, 480))).copy()
    ruled = clean.copy()
    for at in range(30, 480, 60):
        ends = ((0, at), (479, round(at + slope * 479)))
        cv2.line(ruled, *(end[::-1] if upright else end for end in ends), 90, 2)

    ink, steps = find_ink(ruled)

    assert "Ruled lines removed" in [step.name for step in steps]
    actual, expected = ink > 127, find_ink(clean)[0] > 127
    assert (actual & expected).sum() / (actual | expected).sum() > 0.8


def test_edge_of_the_sheet_is_not_ink():
    gray = np.asarray(photo(4, slope=0)).copy()
    gray[:40] = 70
    gray[:, 600:] = 50

    ink, _ = find_ink(gray)

    assert not ink[:40].any()
    assert not ink[:, 600:].any()
    assert ink.any()


def test_second_digit_is_kept():
    pair = np.concatenate([np.asarray(photo(4, slope=0)), np.asarray(photo(7, slope=0))], 1)[:, 100:1100]

    ink, _ = find_ink(pair)

    assert ink[:, :400].any()
    assert ink[:, 600:].any()


def test_parts_of_one_digit_stay_together():
    gray = np.full((200, 200), 230, np.uint8)
    gray[40:50, 60:140] = 40
    gray[60:160, 60:70] = 40

    ink, _ = find_ink(gray)

    # Small images are enlarged to 256 pixels.
    assert ink[round(45 * 1.28), round(100 * 1.28)] > 127
    assert ink[round(120 * 1.28), round(65 * 1.28)] > 127


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("digit", range(10))
def test_screen_drawings_are_used_unchanged(digit, inverted):
    drawn = render(samples()[digit], 280)

    ink, steps = find_ink(255 - drawn if inverted else drawn)

    assert (ink == drawn).all()
    assert [step.name for step in steps] == ["Bright ink"]


def test_drawing_with_shading_grain_or_specks_is_binarized():
    drawn = render(samples()[7], 280)
    speck, gray, faint = drawn.copy(), np.maximum(drawn, 40), drawn // 2
    speck[20:22, 20:22] = 255
    ruled = drawn.copy()
    ruled[140:143] = 255

    for picture in (speck, gray, faint, ruled, np.zeros_like(drawn)):
        assert len(find_ink(picture)[1]) > 1
    assert not find_ink(speck)[0][:40, :40].any()
