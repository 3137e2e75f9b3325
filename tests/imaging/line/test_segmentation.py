from itertools import pairwise

import numpy as np
import pytest

from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.segmentation import Segmenter, find_seams
from digitrec.imaging.line.straightening import STRIP_HEIGHT, straighten
from tests.support.pictures import number_ink, tilt_upward


def cut_between(line, *places):
    """What is cut at these columns of the ink."""
    strip, _ = straighten(line)
    return Segmenter(line, strip).segment([[(place - strip.left) * strip.scale for place in places]])[0]


def between(boxes):
    return [(before[2] + after[0]) / 2 for before, after in pairwise(boxes)]


def edges(cut):
    return cut.columns.start, cut.rows.start, cut.columns.stop, cut.rows.stop


def test_characters_exclude_the_dot_beside_them():
    ink, boxes = number_ink("27", 80)
    (_, _, right, bottom), (left, *_) = boxes
    middle = (left + right) // 2
    ink[bottom - 6 : bottom, middle - 3 : middle + 3] = 255

    cuts = cut_between(line_from_drawing(ink), middle)

    for cut, box in zip(cuts, boxes, strict=True):
        assert edges(cut) == pytest.approx(box, abs=3)
        assert np.array_equal(cut.ink > 20, ink[cut.rows, cut.columns] > 20)


def slanted(ink):
    return np.stack([np.roll(row, (60 - number) // 3) for number, row in enumerate(ink)])


def test_only_touching_characters_are_split():
    ink = np.zeros((120, 200), np.uint8)
    for left in (20, 70):
        ink[20:100, left : left + 40] = 255
    touching = ink.copy()
    touching[55:60, 60:70] = 255

    for drawn in (slanted(ink), touching, slanted(touching)):
        whole = [np.count_nonzero(cut.ink) for cut in cut_between(line_from_drawing(drawn), 65)]
        assert whole == pytest.approx([80 * 40] * 2, rel=0.02)


@pytest.mark.parametrize("aside", [0, -8])
@pytest.mark.parametrize("digits", ["00", "60", "08", "66"])
def test_hollow_of_a_digit_is_not_a_border(digits, aside):
    ink, boxes = number_ink(digits, 80, gap=-10)

    cuts = cut_between(line_from_drawing(ink), *(place + aside for place in between(boxes)))

    for cut, box in zip(cuts, boxes, strict=True):
        assert edges(cut) == pytest.approx(box, abs=10)


def test_overhanging_component_stays_whole():
    first, second = np.zeros((2, 120, 200), np.uint8)
    first[20:100, 20:70] = first[20:30, 70:125] = 255
    second[45:100, 76:126] = 255

    cuts = cut_between(line_from_drawing(first + second), 73)

    for cut, drawn in zip(cuts, (first, second), strict=True):
        assert np.array_equal(cut.ink, drawn[cut.rows, cut.columns])
        assert np.count_nonzero(cut.ink) == np.count_nonzero(drawn)


def test_seam_goes_around_an_overhang():
    ink = np.zeros((120, 200), np.uint8)
    ink[20:100, 20:70] = 255
    ink[20:50, 70:86] = 255
    ink[60:100, 76:126] = 255
    ink[80:84, 70:76] = 255

    first, second = cut_between(line_from_drawing(ink), 75)

    assert (first.columns.start, first.columns.stop) == pytest.approx((20, 86), abs=3)
    assert (second.columns.start, second.columns.stop) == pytest.approx((73, 126), abs=3)


def test_seams_minimize_ink_near_the_border():
    picture = np.ones((STRIP_HEIGHT, 80), np.float32)
    way = 40 + np.arange(STRIP_HEIGHT) // 4
    picture[np.arange(STRIP_HEIGHT), way] = 0
    picture[:, 10] = 0

    found = find_seams(picture, [42, 70, 10])

    assert np.abs(found[0] - way).max() <= 1
    assert (found[1] == 70).all() and (found[2] == 10).all()


def test_character_without_ink_gets_a_segment():
    ink, _ = number_ink("27", 80)
    line = line_from_drawing(ink)
    strip, _ = straighten(line)
    width = strip.image.shape[1]

    (cuts,) = Segmenter(line, strip).segment([[2.0, 2.0, width / 2, width + 8.0]])

    assert len(cuts) == 5
    assert all(cut.ink.size for cut in cuts)


def test_locate_maps_ink_to_the_straightened_strip():
    ink, boxes = number_ink("274274", 60)
    picture = tilt_upward(ink)
    line = line_from_drawing(picture)
    strip, _ = straighten(line)

    rows, places = strip.locate(*np.nonzero(picture))

    again = np.zeros_like(strip.image)
    again[rows, np.minimum(places.astype(int), again.shape[1] - 1)] = 1
    assert np.mean((again > 0) == (strip.image > 0.3)) > 0.93
    assert len(cut_between(line, *between(boxes))) == 6
