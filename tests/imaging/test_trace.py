import numpy as np

from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.imaging.trace import MARK_COLOR, draw_steps, render_step
from digitrec.prediction import Step
from digitrec.samples import samples


def test_small_images_are_enlarged_by_a_whole_factor():
    image = np.random.default_rng(0).integers(0, 256, (28, 20), dtype=np.uint8)

    enlarged = np.asarray(render_step(Step("Any", image, "random"), 168))

    assert enlarged.shape == (168, 120)
    assert np.array_equal(enlarged, np.kron(image, np.ones((6, 6), np.uint8)))


def test_large_images_shrink_and_keep_their_proportions():
    assert render_step(Step("Any", np.zeros((500, 1000, 3), np.uint8), "large"), 168).size == (168, 84)


def test_box_and_point_are_drawn_in_their_place():
    step = Step("Any", np.zeros((28, 28), np.uint8), "marked", box=(4, 6, 20, 24), point=(14, 10))

    marked = np.asarray(render_step(step, 280))

    is_mark = (marked == MARK_COLOR).all(-1)
    rows, columns = np.flatnonzero(is_mark.any(1)), np.flatnonzero(is_mark.any(0))
    assert (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) == (40, 60, 200, 240)
    assert is_mark[100, 140]
    assert not is_mark[90, 90]


def test_box_of_a_thin_stroke_is_drawn_on_a_small_image():
    step = Step("Any", np.zeros((1000, 1000), np.uint8), "a thin 1", box=(500, 200, 502, 800))

    rows, columns = np.nonzero((np.asarray(render_step(step, 280)) == MARK_COLOR).all(-1))

    assert abs(columns - 140).max() < 4
    assert (rows.min(), rows.max()) == (56, 223)


def test_all_steps_are_drawn():
    _, steps = normalize(render(samples()[7], 280))

    sheet = np.asarray(draw_steps(steps, 140, 3))

    assert sheet.shape[1] == 3 * (140 + 16) + 16
    for number, step in enumerate(steps):
        left, top = 16 + number % 3 * 156, 16 + number // 3 * (140 + 84)
        shown = np.asarray(render_step(step, 140).convert("RGB"))
        x, y = left + (140 - shown.shape[1]) // 2, top + (140 - shown.shape[0]) // 2
        assert np.array_equal(sheet[y : y + shown.shape[0], x : x + shown.shape[1]], shown)


def test_line_has_a_row_of_its_own():
    square, line = (Step("Any", np.full(shape, 200, np.uint8), "why") for shape in ((28, 28), (32, 140)))

    sheet = np.asarray(draw_steps([square, line, square, square, square], 140, 2))

    # The row is 296 pixels wide: twice the width of the line, which becomes 64 pixels high.
    below = 16 + 140 + 84, 16 + 140 + 84 + 64 + 84
    assert sheet.shape == (below[1] + 2 * (140 + 84), 2 * 156 + 16, 3)
    assert (sheet[below[0] : below[0] + 64, 24:304] == 200).all()
    assert (sheet[below[1] : below[1] + 140, 172:312] == 200).all()
    assert (sheet[16:156, 172:] == 255).all()
