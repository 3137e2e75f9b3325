import numpy as np
import pytest

from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.normalize import mean_stroke_width
from digitrec.imaging.strokes import render
from digitrec.imaging.variations import PARAMETERS, Variation, vary
from digitrec.samples import samples


@pytest.fixture(scope="module")
def ink():
    return render(samples()[7], 280)


def box(ink):
    rows, columns = bounding_box(ink)
    return np.array([columns.start, rows.start, columns.stop, rows.stop])


def test_no_variation_changes_nothing(ink):
    assert vary(ink, Variation()) is ink
    assert all(getattr(Variation(), parameter.name) == parameter.neutral for parameter in PARAMETERS)


@pytest.mark.parametrize(("angle", "turns"), [(90, -1), (-90, 1), (180, 2)])
def test_rotation_by_a_right_angle_is_clockwise_and_exact(ink, angle, turns):
    assert np.array_equal(vary(ink, Variation(rotation=angle)), np.rot90(ink, turns))


def test_position_moves_by_a_share_of_the_canvas(ink):
    moved = vary(ink, Variation(horizontal=10, vertical=-5))

    assert np.array_equal(box(moved), box(ink) + np.array([28, -14, 28, -14]))


def test_size_scales_about_the_center(ink):
    expected = 139.5 + (box(ink) - 139.5) / 2

    assert box(vary(ink, Variation(size=50))) == pytest.approx(expected, abs=2)


def test_slant_leans_to_the_right(ink):
    slanted = vary(ink, Variation(slant=30)).astype(float)
    columns = np.arange(280)

    top, bottom = (slanted[rows] for rows in (slice(0, 140), slice(140, None)))
    before_top, before_bottom = ink[:140].astype(float), ink[140:].astype(float)
    assert (top.sum(0) @ columns) / top.sum() > (before_top.sum(0) @ columns) / before_top.sum() + 10
    assert (bottom.sum(0) @ columns) / bottom.sum() < (before_bottom.sum(0) @ columns) / before_bottom.sum() - 10


def test_strokes_become_wider_and_thinner(ink):
    width = mean_stroke_width(ink)

    assert mean_stroke_width(vary(ink, Variation(stroke=8))) == pytest.approx(width + 8, abs=2)
    assert mean_stroke_width(vary(ink, Variation(stroke=-8))) == pytest.approx(width - 8, abs=2)


@pytest.mark.parametrize("blur", [2, 4, 12])
def test_blur_keeps_the_ink_and_its_center(ink, blur):
    blurred = vary(ink, Variation(blur=blur))

    assert float(blurred.sum()) == pytest.approx(float(ink.sum()), rel=0.02)
    assert np.diff(blurred.astype(int)).max() < np.diff(ink.astype(int)).max()
    assert blurred.sum(0) @ np.arange(280) / blurred.sum() == pytest.approx(
        ink.sum(0) @ np.arange(280) / ink.sum(), abs=1
    )


def test_noise_and_contrast_only_take_ink_away(ink):
    noisy = vary(ink, Variation(noise=60))

    assert (noisy <= ink).all() and 0.5 < noisy.sum() / ink.sum() < 0.9
    assert np.array_equal(noisy, vary(ink, Variation(noise=60)))
    assert vary(ink, Variation(contrast=50)) == pytest.approx(ink / 2, abs=1)
    assert not vary(ink, Variation(contrast=0)).any()
