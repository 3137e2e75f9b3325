import numpy as np
import pytest

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
