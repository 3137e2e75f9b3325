import numpy as np
import pytest

from digitrec.imaging.strokes import Stroke, render, smooth_curve


def test_line_is_as_wide_as_its_brush_with_round_ends():
    ink = render((Stroke(((40, 100), (160, 100)), 20),), 200)

    assert ink.shape == (200, 200)
    assert np.count_nonzero(ink[:, 100] > 127) == pytest.approx(20, abs=1)
    assert np.count_nonzero(ink[100] > 127) == pytest.approx(140, abs=1)
    assert ink[91, 31] == 0


def test_single_point_is_a_dot():
    ink = render((Stroke(((50, 50),), 20),), 100)

    assert np.count_nonzero(ink > 127) == pytest.approx(np.pi * 100, rel=0.05)


def test_curve_passes_through_its_end_points_and_midpoints():
    points = ((0, 0), (10, 0), (10, 10), (20, 10))

    curve = smooth_curve(points)

    assert tuple(curve[0]) == points[0]
    assert tuple(curve[-1]) == points[-1]
    assert np.abs(curve - (10, 5)).sum(1).min() == 0


def test_no_strokes_give_blank_ink():
    assert not render((), 50).any()
