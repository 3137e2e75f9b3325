import tracemalloc

import cv2
import numpy as np
import pytest

from digitrec.imaging.ink.components import MAX_COMPONENTS, keep_largest_components, measure_components
from digitrec.imaging.ink.digit_components import find_main_components
from digitrec.imaging.line.components import find_line_components
from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.strokes import MAX_STROKES, Stroke, render
from digitrec.samples import CANVAS_SIDE, NUMBER_CANVAS_WIDTH
from tests.support.hostile import dots
from tests.support.pictures import number_ink


def count(mask):
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


@pytest.mark.parametrize("parts", [[], [np.s_[3:7, 5:11]], [np.s_[:2, :3], np.s_[10:, 12:], np.s_[5:6, 2:9]]])
def test_components_are_measured_wherever_they_are(parts):
    mask = np.zeros((13, 17), bool)
    for part in parts:
        mask[part] = True

    labels, stats = measure_components(mask)

    assert len(stats) == count(mask) + 1
    assert np.array_equal(labels > 0, mask)
    for number, (left, top, width, height, area) in enumerate(stats[1:].tolist(), 1):
        assert cv2.boundingRect((labels == number).astype(np.uint8)) == (left, top, width, height)
        assert (labels == number).sum() == area


@pytest.mark.parametrize("find", [find_line_components, find_main_components])
def test_writing_has_a_limited_number_of_components(find):
    pattern = np.pad(dots(160, 120), 20) > 0
    tracemalloc.start()

    writing, dropped, *_ = find(pattern)

    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    assert 0 < count(writing) <= MAX_COMPONENTS
    assert dropped == count(pattern) - count(writing)


def test_writing_is_found_among_countless_specks():
    ink, _ = number_ink("2026", 80)
    number = ink > 127
    specks = (dots(*number.shape[::-1]) > 0) & ~(cv2.dilate(ink, np.ones((9, 9), np.uint8)) > 0)
    assert count(specks) > MAX_COMPONENTS

    assert np.array_equal(find_line_components(number | specks).writing, find_line_components(number).writing)


@pytest.mark.parametrize(
    "bars",
    [
        [np.s_[:, :3]],
        [np.s_[:, -4:]],
        [np.s_[:2], np.s_[:, -3:]],
        [np.s_[3:60, :2], np.s_[:, -2:]],
        [np.s_[8:20, -3:], np.s_[30:34, -3:], np.s_[44:58, -2:]],
    ],
    ids=["left", "right", "corner", "both sides", "pieces"],
)
def test_border_of_an_empty_cell_is_not_writing(bars):
    strong = np.zeros((64, 64), bool)
    for bar in bars:
        strong[bar] = True

    writing, dropped = find_main_components(strong)
    assert not writing.any()
    assert dropped == count(strong)

    strong[20:44, 30:34] = True
    assert count(find_main_components(strong)[0]) == 1


@pytest.mark.parametrize("bar", [np.s_[4:60, 2:6], np.s_[10:54, 4:12], np.s_[:40, 6:12]])
def test_stroke_close_to_an_edge_is_writing(bar):
    strong = np.zeros((64, 64), bool)
    strong[bar] = True

    assert np.array_equal(find_main_components(strong)[0], strong)


def test_line_follows_its_slope_from_one_component_to_the_next():
    # Each digit is beside its neighbor, but not beside the first one.
    boxes = [(40 * number, 12 * number) for number in range(12)]
    line = np.zeros((260, 500), bool)
    for left, top in boxes:
        line[top + 40 : top + 80, left + 10 : left + 30] = True
    below = line.copy()
    below[200:240, 10:30] = True

    assert np.array_equal(find_line_components(below).writing, line)


def test_drawing_with_more_parts_than_strokes_loses_the_smallest():
    line = line_from_drawing(dots(NUMBER_CANVAS_WIDTH, CANVAS_SIDE))

    assert count(line.writing) == MAX_COMPONENTS
    assert np.array_equal(line.ink > 0, line.writing)


def test_every_stroke_of_the_longest_drawing_counts():
    assert MAX_COMPONENTS >= MAX_STROKES
    places = [(12 + 24 * (number % 24), 8 + 12 * (number // 24)) for number in range(MAX_STROKES)]
    ink = render([Stroke(((x, y), (x + 8, y)), 4) for x, y in places], CANVAS_SIDE, NUMBER_CANVAS_WIDTH) > 0
    assert count(ink) == MAX_STROKES

    assert keep_largest_components(ink) is ink
