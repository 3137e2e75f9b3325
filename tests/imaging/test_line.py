import numpy as np
import pytest

from digitrec.imaging.line import HEIGHT, WIDEST, WRITING, drawn_line, find_line, strip_of
from digitrec.imaging.normalize import FAINTEST
from tests.pictures import climbing, line_ink, on_sheet


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

    strip, steps = strip_of(drawn_line(climbing(ink)))

    assert "Levelled" in [step.name for step in steps]
    level, _ = strip_of(drawn_line(ink))
    assert strip.scale == pytest.approx(level.scale, rel=0.15)


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


def test_a_digit_in_two_pieces_is_one_line():
    ink = np.zeros((240, 600), np.uint8)
    ink[60:100, 290:310] = ink[110:180, 280:320] = 255

    line = drawn_line(ink)

    assert not line.another
    assert np.array_equal(line.ink, ink)


@pytest.mark.parametrize(("first", "second"), [("5", "2026"), ("2026", "5"), ("1", "17"), ("2026", "4713")])
def test_of_two_lines_the_one_of_more_ink_is_kept_and_the_other_is_seen(first, second):
    inks = [line_ink(digits, 60)[0] for digits in (first, second)]
    width = max(ink.shape[1] for ink in inks)
    ink = np.vstack([np.pad(ink, ((0, 0), (0, width - ink.shape[1]))) for ink in inks])
    border = len(inks[0])
    dropped = slice(None, border) if inks[0].sum() < inks[1].sum() else slice(border, None)

    line = drawn_line(ink)

    assert line.another
    assert not line.ink[dropped].any()
    ink[dropped] = 0
    assert np.array_equal(line.writing, ink >= FAINTEST)
