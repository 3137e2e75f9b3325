import cv2
import numpy as np
import pytest

from digitrec.imaging.ink.polarity import has_dark_ink
from digitrec.imaging.line.detection import find_line, line_from_drawing
from digitrec.imaging.line.straightening import MAX_STRIP_WIDTH, STRIP_HEIGHT, WRITING_HEIGHT, straighten
from digitrec.imaging.normalize import MIN_INK
from tests.support.pictures import number_ink, on_paper, tilt_upward


def inked_rows(strip):
    return np.flatnonzero((strip.image > 0.3).any(1))


def test_writing_of_any_size_fills_the_strip():
    for height in (40, 80, 200):
        strip, steps = straighten(line_from_drawing(number_ink("274", height)[0]))

        assert strip.image.shape[0] == STRIP_HEIGHT
        assert strip.image.min() >= 0 and strip.image.max() == 1
        assert len(inked_rows(strip)) == pytest.approx(WRITING_HEIGHT, abs=2)
        assert steps[-1].name == "Network input"


def test_blank_ink_gives_no_strip():
    strip, steps = straighten(line_from_drawing(np.zeros((100, 300), np.uint8)))

    assert strip is None
    assert steps


def test_very_long_line_is_scaled_down():
    strip, _ = straighten(line_from_drawing(np.pad(np.full((10, 4000), 255, np.uint8), 20)))

    assert strip.image.shape[1] <= 1.1 * MAX_STRIP_WIDTH


def test_sloping_line_is_straightened():
    ink, _ = number_ink("274274", 60)

    strip, steps = straighten(line_from_drawing(tilt_upward(ink)))

    assert "Straightened" in [step.name for step in steps]
    level, _ = straighten(line_from_drawing(ink))
    assert strip.scale == pytest.approx(level.scale, rel=0.15)


@pytest.mark.parametrize("dark", [True, False])
def test_line_is_found_without_the_desk_beside_the_paper(dark):
    ink, _ = number_ink("2741", 70)
    sheet, at = on_paper(ink)
    sheet[:, -25:] = 40
    gray = sheet if dark else 255 - sheet

    line, steps = find_line(gray)

    rows, columns = np.flatnonzero(line.writing.any(1)), np.flatnonzero(line.writing.any(0))
    inked = np.argwhere(ink > 128)
    assert (rows[0], columns[0]) == pytest.approx(inked.min(0) + np.array(at), abs=4)
    assert (rows[-1], columns[-1]) == pytest.approx(inked.max(0) + np.array(at), abs=4)
    assert steps[-1].name == "Connected components"


def test_tightly_cropped_number_is_kept_up_to_the_edges():
    ink, _ = number_ink("2741", 70)
    inked = np.argwhere(ink > 128)
    (top, left), (bottom, right) = inked.min(0), inked.max(0)
    sheet, at = on_paper(ink)
    tight = sheet[at[0] + top : at[0] + bottom + 1, at[1] + left : at[1] + right + 1]

    line, _ = find_line(tight)

    columns = np.flatnonzero(line.writing.any(0)) / line.enlargement
    assert columns[0] < 5 and columns[-1] > tight.shape[1] - 5


def crop_tightly(ink, paper=215, darkness=150, margin=3):
    """Return paper cropped tightly around ink, and the ink as a mask."""
    inked = np.argwhere(ink > 128)
    top, left = np.maximum(inked.min(0) - margin, 0)
    bottom, right = inked.max(0) + margin + 1
    sheet, at = on_paper(ink, paper, darkness)
    gray = sheet[at[0] + top : at[0] + bottom, at[1] + left : at[1] + right]
    return gray.copy(), ink[top:bottom, left:right] > 128


def overlap(line, inked):
    """Return the intersection over union of the writing and the ink."""
    writing = cv2.resize(line.writing.astype(np.uint8), inked.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    return (writing & inked).sum() / (writing | inked).sum()


@pytest.mark.parametrize("dark", [True, False])
def test_thick_digits_that_fill_the_image_are_ink(dark):
    thick = cv2.dilate(number_ink("604859", 90, 4)[0], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    gray, inked = crop_tightly(thick, margin=1)

    line, _ = find_line(gray if dark else 255 - gray)

    assert overlap(line, inked) > 0.75


@pytest.mark.parametrize("gap", [9, 14])
def test_faint_print_is_not_part_of_the_writing(gap):
    gray, inked = crop_tightly(number_ink("27416", 90)[0])
    rows, columns = np.indices(gray.shape)
    printed = ((rows + columns // 4) % gap < 3) & ~inked
    gray[printed] -= 70

    line, _ = find_line(gray)

    assert overlap(line, inked) > 0.75
    assert (line.ink > 0).mean() > line.writing.mean()


@pytest.mark.parametrize("height", [4, 20])
def test_printed_line_fainter_than_the_writing_is_not_writing(height):
    gray, inked = crop_tightly(number_ink("27416", 90)[0], margin=12)
    bottom = len(gray) - 12 - height
    gray[bottom : bottom + 3][~inked[bottom : bottom + 3]] -= 85

    line, _ = find_line(cv2.GaussianBlur(gray, (0, 0), 1))

    assert overlap(line, inked) > 0.96


@pytest.mark.parametrize(
    ("digits", "height", "thickness", "blur"), [("8890", 40, 3, 1), ("32516", 60, 4, 1), ("270", 90, 4, 2)]
)
@pytest.mark.parametrize("dark", [True, False])
def test_digits_between_two_printed_lines_are_ink(digits, height, thickness, blur, dark):
    gray, _ = crop_tightly(number_ink(digits, height)[0], margin=4)
    gray = cv2.GaussianBlur(np.pad(gray, ((thickness, thickness), (0, 0)), constant_values=90), (0, 0), blur)

    assert has_dark_ink(gray if dark else 255 - gray, is_line=True) is dark


def test_larger_side_of_a_straight_edge_is_paper():
    gray = np.full((200, 400), 200, np.uint8)
    gray[:, 220:] = 60

    assert has_dark_ink(gray, is_line=True)
    assert not has_dark_ink(255 - gray, is_line=True)


def test_ink_without_soft_edges_is_found_on_grainy_paper():
    paper, inked = crop_tightly(number_ink("27416", 90)[0], darkness=0, margin=40)

    line, _ = find_line(np.where(inked, 0, paper).astype(np.uint8))

    assert overlap(line, inked) > 0.9


@pytest.mark.parametrize("below", [True, False])
def test_digits_are_separated_from_a_line_along_the_edge(below):
    gray, inked = crop_tightly(number_ink("1171", 70)[0], margin=0)
    line_at = ((0, 6) if below else (6, 0)), (0, 0)

    line, _ = find_line(np.pad(gray, line_at, constant_values=30))

    assert overlap(line, np.pad(inked, line_at)) > 0.9


@pytest.mark.parametrize(("digits", "height"), [("7", 90), ("1171", 70)])
def test_strokes_along_the_edges_of_a_tight_crop_are_writing(digits, height):
    gray, inked = crop_tightly(number_ink(digits, height)[0], margin=0)

    line, _ = find_line(gray)

    assert overlap(line, inked) > 0.9


def test_thin_vertical_line_in_a_tight_crop_is_not_writing():
    ink, boxes = number_ink("2741", 70)
    between = (boxes[1][2] + boxes[2][0]) // 2 - boxes[0][0]
    gray, inked = crop_tightly(ink, margin=0)
    assert not inked[:, between - 1 : between + 3].any()
    gray[:, between : between + 2] = 70

    line, _ = find_line(gray)

    at = slice(round(line.enlargement * between), round(line.enlargement * (between + 2)))
    assert overlap(line, inked) > 0.9
    assert line.writing[:, at].mean() < 0.2


def test_digits_are_separated_from_the_desk():
    ink, boxes = number_ink("2741", 70)
    sheet, at = on_paper(ink)
    inked = np.zeros(sheet.shape, bool)
    inked[at[0] : at[0] + len(ink), at[1] : at[1] + ink.shape[1]] = ink > 128
    edge = at[1] + boxes[-1][2] - 3
    sheet, inked = sheet[:, : edge + 25], inked[:, : edge + 25]
    sheet[:, edge:] = 30
    inked[:, edge:] = False

    line, _ = find_line(sheet)

    assert overlap(line, inked) > 0.75


def test_line_does_not_start_from_a_dash():
    ink, _ = number_ink("11767", 60)
    ink = np.pad(ink, ((0, 0), (0, 160)))
    ink[55:67, -200:-70] = 255
    gray, _ = crop_tightly(ink, margin=0)

    line, _ = find_line(gray)

    columns = np.flatnonzero(line.writing.any(0)) / line.enlargement
    assert columns[0] < 5 and columns[-1] < gray.shape[1] - 130
    assert straighten(line)[0].scale == pytest.approx(WRITING_HEIGHT / 60 / line.enlargement, rel=0.1)


def test_thin_pale_strokes_are_found_under_uneven_light():
    ink = cv2.erode(number_ink("28475293", 110)[0], np.ones((5, 5), np.uint8))
    gray, at = on_paper(ink, darkness=45)
    rows, columns = np.indices(gray.shape)
    light = 45 * np.exp(-(((rows - 120) / 60) ** 2) - ((columns - 500) / 300) ** 2)
    gray = np.clip(gray - 60 + light, 0, 255).astype(np.uint8)

    line, _ = find_line(gray)

    found = line.writing[at[0] : at[0] + len(ink), at[1] : at[1] + ink.shape[1]]
    assert found[ink > 128].mean() > 0.8
    assert line.writing.sum() < 2.5 * (ink > 128).sum()


def test_blank_paper_has_no_line():
    line, steps = find_line(np.full((200, 400), 210, np.uint8))

    assert not line.writing.any() and not line.ink.any()
    assert "nothing" in steps[-1].reason


def test_digit_in_two_pieces_is_one_line():
    ink = np.zeros((240, 600), np.uint8)
    ink[60:100, 290:310] = ink[110:180, 280:320] = 255

    line = line_from_drawing(ink)

    assert not line.has_second_line
    assert np.array_equal(line.ink, ink)


@pytest.mark.parametrize(("first", "second"), [("5", "2026"), ("2026", "5"), ("1", "17"), ("2026", "4713")])
def test_line_with_more_ink_is_kept_and_the_other_is_reported(first, second):
    inks = [number_ink(digits, 60)[0] for digits in (first, second)]
    width = max(ink.shape[1] for ink in inks)
    ink = np.vstack([np.pad(ink, ((0, 0), (0, width - ink.shape[1]))) for ink in inks])
    border = len(inks[0])
    dropped = slice(None, border) if inks[0].sum() < inks[1].sum() else slice(border, None)

    line = line_from_drawing(ink)

    assert line.has_second_line
    assert not line.ink[dropped].any()
    ink[dropped] = 0
    assert np.array_equal(line.writing, ink >= MIN_INK)
