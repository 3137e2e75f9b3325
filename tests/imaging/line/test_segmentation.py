from itertools import pairwise

import numpy as np
import pytest

from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.segmentation import Segmenter, find_seams
from digitrec.imaging.line.straightening import STRIP_HEIGHT, straighten
from tests.support.pictures import number_ink, tilt_upward


def segment_at(line, *columns):
    """Segment a line at these columns of its ink."""
    strip, _ = straighten(line)
    return Segmenter(line, strip).segment([[(column - strip.left) * strip.scale for column in columns]])[0]


def between(boxes):
    return [(before[2] + after[0]) / 2 for before, after in pairwise(boxes)]


def edges(segment):
    return segment.columns.start, segment.rows.start, segment.columns.stop, segment.rows.stop


def test_characters_exclude_the_dot_beside_them():
    ink, boxes = number_ink("27", 80)
    (_, _, right, bottom), (left, *_) = boxes
    middle = (left + right) // 2
    ink[bottom - 6 : bottom, middle - 3 : middle + 3] = 255

    segments = segment_at(line_from_drawing(ink), middle)

    for segment, box in zip(segments, boxes, strict=True):
        assert edges(segment) == pytest.approx(box, abs=3)
        assert np.array_equal(segment.ink > 20, ink[segment.rows, segment.columns] > 20)


def slant(ink):
    return np.stack([np.roll(row, (60 - number) // 3) for number, row in enumerate(ink)])


def test_only_touching_characters_are_split():
    ink = np.zeros((120, 200), np.uint8)
    for left in (20, 70):
        ink[20:100, left : left + 40] = 255
    touching = ink.copy()
    touching[55:60, 60:70] = 255

    for drawn in (slant(ink), touching, slant(touching)):
        whole = [np.count_nonzero(segment.ink) for segment in segment_at(line_from_drawing(drawn), 65)]
        assert whole == pytest.approx([80 * 40] * 2, rel=0.02)


@pytest.mark.parametrize("offset", [0, -8])
@pytest.mark.parametrize("digits", ["00", "60", "08", "66"])
def test_hollow_of_a_digit_is_not_a_border(digits, offset):
    ink, boxes = number_ink(digits, 80, gap=-10)

    segments = segment_at(line_from_drawing(ink), *(column + offset for column in between(boxes)))

    for segment, box in zip(segments, boxes, strict=True):
        assert edges(segment) == pytest.approx(box, abs=10)


def test_overhanging_component_stays_whole():
    first, second = np.zeros((2, 120, 200), np.uint8)
    first[20:100, 20:70] = first[20:30, 70:125] = 255
    second[45:100, 76:126] = 255

    segments = segment_at(line_from_drawing(first + second), 73)

    for segment, drawn in zip(segments, (first, second), strict=True):
        assert np.array_equal(segment.ink, drawn[segment.rows, segment.columns])
        assert np.count_nonzero(segment.ink) == np.count_nonzero(drawn)


def test_seam_goes_around_an_overhang():
    ink = np.zeros((120, 200), np.uint8)
    ink[20:100, 20:70] = 255
    ink[20:50, 70:86] = 255
    ink[60:100, 76:126] = 255
    ink[80:84, 70:76] = 255

    first, second = segment_at(line_from_drawing(ink), 75)

    assert (first.columns.start, first.columns.stop) == pytest.approx((20, 86), abs=3)
    assert (second.columns.start, second.columns.stop) == pytest.approx((73, 126), abs=3)


def test_seams_minimize_ink_near_the_border():
    image = np.ones((STRIP_HEIGHT, 80), np.float32)
    path = 40 + np.arange(STRIP_HEIGHT) // 4
    image[np.arange(STRIP_HEIGHT), path] = 0
    image[:, 10] = 0

    seams = find_seams(image, [42, 70, 10])

    assert np.abs(seams[0] - path).max() <= 1
    assert (seams[1] == 70).all() and (seams[2] == 10).all()


def test_character_without_ink_gets_a_segment():
    ink, _ = number_ink("27", 80)
    line = line_from_drawing(ink)
    strip, _ = straighten(line)
    width = strip.image.shape[1]

    (segments,) = Segmenter(line, strip).segment([[2.0, 2.0, width / 2, width + 8.0]])

    assert len(segments) == 5
    assert all(segment.ink.size for segment in segments)


def test_locate_maps_ink_to_the_straightened_strip():
    ink, boxes = number_ink("274274", 60)
    image = tilt_upward(ink)
    line = line_from_drawing(image)
    strip, _ = straighten(line)

    rows, columns = strip.locate(*np.nonzero(image))

    rebuilt = np.zeros_like(strip.image)
    rebuilt[rows, np.minimum(columns.astype(int), rebuilt.shape[1] - 1)] = 1
    assert np.mean((rebuilt > 0) == (strip.image > 0.3)) > 0.93
    assert len(segment_at(line, *between(boxes))) == 6
