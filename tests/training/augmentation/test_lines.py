from dataclasses import replace

import cv2
import numpy as np
import pytest

from digitrec.datasets.digits import Digits
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.samples import samples
from digitrec.training.augmentation.lines import Writers
from digitrec.training.augmentation.strokes import Hand
from digitrec.training.data.line_examples import strips
from digitrec.training.lines.fit import ctc_loss


@pytest.fixture(scope="module")
def writers():
    scans = np.stack([normalize(render(strokes, 280))[0] * 255 for strokes in samples().values()]).astype(np.uint8)
    pens = [
        (digit, writer, [np.array(stroke.points, np.float32) for stroke in strokes])
        for digit, strokes in samples().items()
        for writer in range(3)
    ]
    return Writers(Digits(scans, np.arange(10, dtype=np.uint8)), pens)


def test_numbers_stand_in_their_boxes_from_left_to_right(writers):
    random = np.random.default_rng(0)
    for _ in range(200):
        number = writers.number(random)

        assert len(number.text) == len(number.boxes)
        middles = [left + right for left, _, right, _ in number.boxes]
        assert middles == sorted(middles)
        for left, top, right, bottom in number.boxes:
            assert number.ink[top:bottom, left:right].any()


def test_squares_overlap_by_what_was_asked_for(writers):
    number = writers.squares(np.random.default_rng(0), np.array([0, 0.25, 0.5]))

    assert number.ink.shape == (28, 28 + 28 + 21 + 14)
    assert len(number.text) == 4


def test_marks_are_no_part_of_the_text_and_other_things_are_question_marks(writers):
    random = np.random.default_rng(0)
    for mark in ("dot", "comma", "dash", "long dash", "equals", "colon", "apostrophe"):
        alone = writers.line(random, ["digit", "digit"])
        number = writers.line(random, ["digit", mark, "other", "digit", mark])

        assert len(alone.text) == 2 and alone.text.isdecimal()
        assert len(number.text) == 3 and number.text[1] == "?"


def test_round_numbers_end_in_zeros(writers):
    random = np.random.default_rng(0)

    assert {writers.line(random, ["zero"] * 4).text for _ in range(20)} == {"0000"}


def test_a_hand_that_does_not_lift_the_pen_links_what_is_near():
    random = np.random.default_rng(0)
    hand = replace(Hand.of(random), links=1.0)
    ink = np.zeros((60, 120), np.uint8)

    hand.link(ink, np.array([10.0, 20.0]), np.array([110.0, 20.0]), random)
    assert not ink.any()

    hand.link(ink, np.array([10.0, 20.0]), np.array([30.0, 24.0]), random)
    count, parts = cv2.connectedComponents(ink)
    assert count == 2 and parts[20, 10] == parts[24, 30] == 1


def test_strips_are_the_same_whenever_they_are_made(writers):
    first, second = (strips(writers, 20, np.random.default_rng(3)) for _ in range(2))

    assert first.texts == second.texts
    assert all(np.array_equal(one, other) for one, other in zip(first.pictures, second.pictures, strict=True))
    assert {picture.shape[0] for picture in first.pictures} == {32}


def test_loss_is_the_surprise_at_a_text():
    # Three columns that tell a 1, nothing, or anything, each as likely: there are six ways to tell a 1 alone.
    columns = np.full((2, 3, 12), 1 / 12, np.float32)
    regressions = ctc_loss(np.array([[1, -1], [-1, -1]]), columns).numpy()

    assert regressions == pytest.approx([-np.log(6 / 12**3), -np.log(1 / 12**3)], abs=1e-3)
