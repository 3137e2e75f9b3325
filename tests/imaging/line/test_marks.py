import cv2
import numpy as np
import pytest

from digitrec.imaging.line.marks import are_only_marks, is_comma, is_dot_or_dash
from digitrec.imaging.line.segmentation import Segment


def stroke(*ends, width=8, side=120):
    ink = np.zeros((side, side), np.uint8)
    cv2.polylines(ink, [np.array(ends, np.int32)], False, 255, width, cv2.LINE_AA)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return Segment(*box, ink[box])


ONE = stroke((50, 20), (50, 100))
SEVEN = stroke((30, 20), (70, 20), (50, 100))
DOT = stroke((50, 90), (51, 90), width=14)
DASH = stroke((30, 60), (70, 60))
COMMA = stroke((50, 88), (44, 104))
SMALL_ONE = stroke((50, 60), (50, 100))


@pytest.mark.parametrize("mark", [DOT, DASH])
def test_dots_and_dashes_are_recognized(mark):
    assert is_dot_or_dash(mark, [mark])
    assert is_dot_or_dash(mark, [ONE, mark])


@pytest.mark.parametrize("digit", [ONE, SEVEN, SMALL_ONE])
def test_digits_are_not_dots(digit):
    assert not is_dot_or_dash(digit, [digit])
    assert not is_dot_or_dash(digit, [digit, SEVEN])


def in_line(*segments, slope=0):
    """Segments 100 pixels apart in a line that descends by ``slope`` rows per column."""
    return [
        segment._replace(
            rows=slice(segment.rows.start + round(slope * x), segment.rows.stop + round(slope * x)),
            columns=slice(segment.columns.start + x, segment.columns.stop + x),
        )
        for x, segment in zip(range(0, 100 * len(segments), 100), segments, strict=True)
    ]


@pytest.mark.parametrize("slope", [-0.2, 0, 0.2])
@pytest.mark.parametrize("index", [1, 3])
def test_small_stroke_lower_than_its_neighbors_is_a_comma(index, slope):
    comma = stroke((52, 72), (44, 112))
    segments = [ONE, SEVEN, SEVEN]
    segments.insert(index, comma)

    found = [is_comma(number, in_line(*segments, slope=slope), slope) for number in range(4)]

    assert found == [number == index for number in range(4)]


def test_small_digits_are_not_commas():
    high = stroke((50, 20), (50, 60))

    assert not is_comma(1, in_line(SEVEN, high, SEVEN), 0)
    assert not is_comma(2, in_line(SEVEN, SMALL_ONE, SMALL_ONE), 0)
    assert not is_comma(1, in_line(SEVEN, SMALL_ONE), 0)


def test_part_half_as_high_as_the_digits_is_not_a_mark():
    assert are_only_marks([DOT, DASH, COMMA], [ONE, SEVEN])
    assert not are_only_marks([DOT, SMALL_ONE], [ONE, SEVEN])
