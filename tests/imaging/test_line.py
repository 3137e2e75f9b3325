import numpy as np
import pytest

from digitrec.imaging.line import HEIGHT, WIDEST, WRITING, Cutter, drawn_line, find_line, strip_of
from tests.pictures import line_ink, on_sheet


def rows_of(strip):
    return np.flatnonzero((strip.picture > 0.3).any(1))


def test_writing_fills_the_strip_whatever_its_size():
    for height in (40, 80, 200):
        strip, steps = strip_of(drawn_line(line_ink("274", height)[0]))

        assert strip.picture.shape[0] == HEIGHT
        assert strip.picture.min() >= 0 and strip.picture.max() == 1
        assert len(rows_of(strip)) == pytest.approx(WRITING, abs=2)
        assert steps[-1].name == "Strip"


def test_no_ink_makes_no_strip():
    strip, steps = strip_of(drawn_line(np.zeros((100, 300), np.uint8)))

    assert strip is None
    assert steps


def test_a_very_long_line_is_made_smaller():
    strip, _ = strip_of(drawn_line(np.pad(np.full((10, 4000), 255, np.uint8), 20)))

    assert strip.picture.shape[1] <= 1.1 * WIDEST


def test_a_climbing_line_is_levelled():
    ink, _ = line_ink("274274", 60)
    climbing = np.zeros((340, ink.shape[1]), np.uint8)
    for column in range(ink.shape[1]):
        top = 200 - round(0.15 * column)
        climbing[top : top + len(ink), column] = ink[:, column]

    strip, steps = strip_of(drawn_line(climbing))

    assert "Levelled" in [step.name for step in steps]
    level, _ = strip_of(drawn_line(ink))
    assert strip.scale == pytest.approx(level.scale, rel=0.15)


def middles_of(boxes, strip):
    return [((left + right) / 2 - strip.left) * strip.scale for left, _, right, _ in boxes]


def test_characters_are_cut_where_there_is_least_ink_and_without_the_dot_beside_them():
    ink, boxes = line_ink("27", 80)
    (_, _, right, bottom), (left, *_) = boxes
    middle = (left + right) // 2
    ink[bottom - 6 : bottom, middle - 3 : middle + 3] = 255
    line = drawn_line(ink)
    strip, _ = strip_of(line)

    cuts = Cutter(line, strip).cut(middles_of(boxes, strip))

    for (rows, columns, inside), box in zip(cuts, boxes, strict=True):
        assert (columns.start, rows.start, columns.stop, rows.stop) == pytest.approx(box, abs=3)
        assert np.array_equal(inside > 20, ink[rows, columns] > 20)


def test_touching_characters_are_cut_through_and_slanted_ones_are_not():
    ink = np.zeros((120, 200), np.uint8)
    for left in (20, 70):
        ink[20:100, left : left + 40] = 255
    slanted = ink.copy()
    for row in range(120):
        slanted[row] = np.roll(ink[row], (60 - row) // 3)
    touching = ink.copy()
    touching[55:60, 60:70] = 255

    for drawn in (slanted, touching):
        line = drawn_line(drawn)
        strip, _ = strip_of(line)
        first, second = Cutter(line, strip).cut([(middle - strip.left) * strip.scale for middle in (40, 90)])
        whole = [np.count_nonzero(one.ink) for one in (first, second)]
        assert whole == pytest.approx([80 * 40] * 2, rel=0.02)


def test_what_is_told_where_there_is_no_ink_is_cut_all_the_same():
    ink, _ = line_ink("27", 80)
    line = drawn_line(ink)
    strip, _ = strip_of(line)
    width = strip.picture.shape[1]

    cuts = Cutter(line, strip).cut([2.0, 2.0, width / 2, width + 8.0, width + 8.0])

    assert len(cuts) == 5
    assert all(one.ink.size for one in cuts)


@pytest.mark.parametrize("dark", [True, False])
def test_a_line_on_paper_is_found_without_the_desk_beside_it(dark):
    ink, _ = line_ink("2741", 70)
    sheet, at = on_sheet(ink)
    sheet[:, -25:] = 40
    grey = sheet if dark else 255 - sheet

    line, steps = find_line(grey)

    rows, columns = np.flatnonzero(line.writing.any(1)), np.flatnonzero(line.writing.any(0))
    inked = np.argwhere(ink > 128)
    assert (rows[0], columns[0]) == pytest.approx(inked.min(0) + np.array(at), abs=4)
    assert (rows[-1], columns[-1]) == pytest.approx(inked.max(0) + np.array(at), abs=4)
    assert steps[-1].name == "Writing"


def test_a_number_cut_out_of_its_paper_is_kept_up_to_the_edges():
    ink, _ = line_ink("2741", 70)
    inked = np.argwhere(ink > 128)
    (top, left), (bottom, right) = inked.min(0), inked.max(0)
    sheet, at = on_sheet(ink)
    tight = sheet[at[0] + top : at[0] + bottom + 1, at[1] + left : at[1] + right + 1]

    line, _ = find_line(tight)

    columns = np.flatnonzero(line.writing.any(0)) / line.enlargement
    assert columns[0] < 5 and columns[-1] > tight.shape[1] - 5


def test_plain_paper_has_no_line():
    line, steps = find_line(np.full((200, 400), 210, np.uint8))

    assert not line.writing.any() and not line.ink.any()
    assert "nothing" in steps[-1].reason
