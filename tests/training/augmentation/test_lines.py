from dataclasses import replace

import cv2
import numpy as np
import pytest

from digitrec.datasets.digits import NO_DIGITS, Digits
from digitrec.datasets.handwriting import Writing
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import samples
from digitrec.training.augmentation.lines import LineGenerator
from digitrec.training.augmentation.writer_style import WriterStyle
from digitrec.training.data.examples import make_strips


@pytest.fixture(scope="module")
def generator():
    scans = np.stack([normalize(render(strokes, 280))[0] * 255 for strokes in samples().values()]).astype(np.uint8)
    pens = [PenDigit(digit, writer, strokes) for digit, strokes in samples().items() for writer in range(3)]
    return LineGenerator(Digits(scans, np.arange(10, dtype=np.uint8)), pens)


def test_each_character_has_a_box_with_ink_from_left_to_right(generator):
    random = np.random.default_rng(0)
    for _ in range(200):
        line = generator.number(random)

        assert len(line.text) == len(line.boxes)
        middles = [left + right for left, _, right, _ in line.boxes]
        assert middles == sorted(middles)
        for left, top, right, bottom in line.boxes:
            assert line.ink[top:bottom, left:right].any()


def test_tiles_overlap_by_the_given_shares(generator):
    line = generator.tiles(np.random.default_rng(0), np.array([0, 0.25, 0.5]))

    assert line.ink.shape == (28, 28 + 28 + 21 + 14)
    assert len(line.text) == 4


def test_marks_are_not_in_the_text_and_non_digits_are_question_marks(generator):
    random = np.random.default_rng(0)
    for mark in ("dot", "comma", "dash", "long dash", "equals", "colon", "apostrophe"):
        digits = generator.line(random, ["digit", "digit"])
        mixed = generator.line(random, ["digit", mark, "other", "digit", mark])

        assert len(digits.text) == 2 and digits.text.isdecimal()
        assert len(mixed.text) == 3 and mixed.text[1] == "?"


def test_slashes_and_parentheses_are_non_digits(generator):
    random = np.random.default_rng(0)
    for _ in range(50):
        area_code = generator.line(random, ["opening", "digit", "digit", "closing", "digit"])
        date = generator.line(random, ["digit", "slash", "digit"])

        assert len(area_code.text) == 5 and [area_code.text[index] for index in (0, 3)] == ["?", "?"]
        assert len(date.text) == 3 and date.text[1] == "?"


def test_some_numbers_have_slashes_between_digits_and_some_parentheses(generator):
    random = np.random.default_rng(0)
    lines = [generator._sample_kinds(random) for _ in range(300)]

    dates = [kinds for kinds in lines if "slash" in kinds]
    assert 10 < len(dates) < 60 and all(kinds[0] != "slash" != kinds[-1] for kinds in dates)
    bracketed = [kinds for kinds in lines if "opening" in kinds]
    assert 5 < len(bracketed) < 60
    assert all(kinds[0] == "opening" and kinds.index("closing") > 1 for kinds in bracketed)


def test_written_letters_are_used_but_no_words():
    letter = [np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 2.0]])]
    word = [np.array([[0.0, 0.0], [9.0, 1.0]])]
    pens = [PenDigit(1, 1, samples()[1])]
    fonts = LineGenerator(NO_DIGITS, pens)
    written = LineGenerator(NO_DIGITS, pens, (), [letter, word])
    only_words = LineGenerator(NO_DIGITS, pens, (), [word])

    def widths(generator):
        return [generator.line(np.random.default_rng(seed), ["other"]).ink.shape[1] for seed in range(40)]

    assert widths(only_words) == widths(fonts)
    assert widths(written) != widths(fonts)


@pytest.mark.parametrize("label", [5, 9])
def test_some_writers_write_a_digit_in_a_rare_shape(label):
    random = np.random.default_rng(0)
    dash = [Stroke(((0.0, 0.0), (9.0, 0.0)), 8.0)]
    generator = LineGenerator(NO_DIGITS, [PenDigit(label, 1, dash)])

    lines = [generator.line(random, ["digit", "digit"]) for _ in range(200)]

    # Those that aren't flat.
    rare = [line for line in lines if line.ink.shape[0] > 20]
    assert 10 < len(rare) < 50
    assert {line.text for line in lines} == {f"{label}{label}"}


def test_zeros_can_be_requested(generator):
    random = np.random.default_rng(0)

    assert {generator.line(random, ["zero"] * 4).text for _ in range(20)} == {"0000"}


def test_connected_style_joins_only_nearby_digits():
    random = np.random.default_rng(0)
    style = replace(WriterStyle.sample(random), connection_rate=1.0)
    ink = np.zeros((60, 120), np.uint8)

    style.connect(ink, np.array([10.0, 20.0]), np.array([110.0, 20.0]), random)
    assert not ink.any()

    style.connect(ink, np.array([10.0, 20.0]), np.array([30.0, 24.0]), random)
    count, parts = cv2.connectedComponents(ink)
    assert count == 2 and parts[20, 10] == parts[24, 30] == 1


def test_strips_are_reproducible(generator):
    first, second = (make_strips(generator, 20, np.random.default_rng(3)) for _ in range(2))

    assert [text for _, text in first] == [text for _, text in second]
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, second, strict=True))
    assert {image.shape[0] for image, _ in first} == {32}


def test_numbers_written_in_one_go_keep_their_label_and_proportions():
    random = np.random.default_rng(0)
    strokes = [np.array([[0.0, 0.0], [0.0, 400.0]]), np.array([[1900.0, 0.0], [2000.0, 400.0]])]
    generator = LineGenerator(NO_DIGITS, [PenDigit(1, 1, samples()[1])], [Writing("11", "a", strokes)])

    for _ in range(20):
        line = generator.written(random)
        height, width = line.ink.shape
        assert line.text == "11"
        assert 20 < height < 80
        assert 2 < width / height < 9
