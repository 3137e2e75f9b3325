import numpy as np
import pytest

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, Kind
from digitrec.samples import samples
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.photos import blank_paper
from digitrec.training.augmentation.scans import augment_scan, degrade
from digitrec.training.augmentation.strokes import (
    augment_strokes,
    careless_zero,
    checked_five,
    flagged_one,
    stemmed_nine,
)
from digitrec.training.data import examples
from digitrec.training.data.examples import Material, make_digit_epoch, make_examples

STROKES = {digit: [np.array(stroke.points) for stroke in strokes] for digit, strokes in samples().items()}


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize("digit", range(10))
def test_augmented_strokes_vary_and_fit_inside_the_image(digit, random):
    inks = [augment_strokes(STROKES[digit], random) for _ in range(20)]

    assert len({ink.tobytes() for ink in inks}) == 20
    for ink in inks:
        rows, columns = bounding_box(ink)
        assert 90 <= max(rows.stop - rows.start, columns.stop - columns.start) <= 112
        assert not any(edge.any() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))


def test_augmented_strokes_still_show_the_same_digit(recognizer, random):
    predicted = [
        recognizer.model.classifier.classify(
            inputs(augment_strokes(STROKES[digit], random, 0.15))
        ).probabilities.argmax()
        for digit in range(10)
        for _ in range(10)
    ]

    assert (np.array(predicted) == np.repeat(np.arange(10), 10)).mean() > 0.9


def test_augmented_scans_still_show_the_same_digit(random, recognizer):
    images = [(inputs(augment_strokes(STROKES[digit], random, 0.1))[0] * 255).astype(np.uint8) for digit in range(10)]

    augmented = [degrade(augment_scan(image, random), random) for image in images for _ in range(10)]

    predicted = [recognizer.model.classifier.classify(inputs(ink)).probabilities.argmax() for ink in augmented]
    assert (np.array(predicted) == np.repeat(np.arange(10), 10)).mean() > 0.85


def test_degraded_ink_is_still_visible(random):
    for _ in range(200):
        ink = degrade(augment_strokes(STROKES[4], random), random)
        assert ink.dtype == np.uint8
        assert ink.max() > 150


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("kind", ["letter", "scribble", "several_digits"])
def test_negatives_can_be_drawn_and_vary(kind, held_out, random):
    negatives = Negatives(list(STROKES.values()), held_out=held_out)

    inks = [augment_strokes(getattr(negatives, kind)(random), random) for _ in range(60)]

    assert len({ink.tobytes() for ink in inks}) == 60


def test_held_out_negatives_are_of_other_kinds():
    trained, held_out = Negatives([]), Negatives([], held_out=True)

    assert not set(trained.scribbles) & set(held_out.scribbles)
    assert not set(trained.fonts) & set(held_out.fonts)


def test_blank_paper_has_uneven_light_and_noise(random):
    sheet = blank_paper(random)

    assert sheet.shape == (240, 320)
    assert sheet.std() > 1


@pytest.mark.full
def test_epochs_are_reproducible_and_differ_from_each_other(monkeypatch):
    five = (inputs(augment_strokes(STROKES[5], np.random.default_rng(0))) * 255).astype(np.uint8)
    scans = Digits(np.tile(five, (40, 1, 1)), np.full(40, 5, np.uint8))
    pens = [PenDigit(digit, 1, samples()[digit]) for digit in range(10)]

    monkeypatch.setattr(examples, "EXAMPLES_PER_EPOCH", 64)
    first, second, other = (make_digit_epoch(Material(scans, pens), 0, epoch) for epoch in (0, 0, 1))

    assert np.array_equal(first.images, second.images)
    assert first.images.tobytes() != other.images.tobytes()


def test_examples_contain_each_kind_in_its_share(random):
    scans = Digits(np.zeros((40, 28, 28), np.uint8) + 200, np.zeros(40, np.uint8))

    material = Material(scans, [PenDigit(digit, 1, samples()[digit]) for digit in range(10)])
    made = make_examples(material, 160, random)

    assert np.bincount(made.kinds, minlength=4).tolist() == [101, 15, 29, 15]
    assert not made.labels[made.kinds != KINDS.index(Kind.DIGIT)].any()


def test_writers_count_less_the_more_they_wrote(random):
    scans = Digits(np.zeros((1, 28, 28), np.uint8) + 200, np.zeros(1, np.uint8))
    pens = [PenDigit(2, "busy", samples()[2])] * 100 + [PenDigit(3, "brief", samples()[3])]

    made = make_examples(Material(scans, pens), 400, random)

    # A hundredth of the digits, and a tenth as many examples as the writer of all others.
    assert 5 <= (made.labels == 3).sum() <= 30


def test_zeros_are_open_by_less_than_a_quarter(random):
    for _ in range(200):
        (ring,) = careless_zero(random)
        angle = np.unwrap(np.arctan2(ring[:, 1], ring[:, 0] * np.ptp(ring[:, 1]) / np.ptp(ring[:, 0])))
        assert abs(angle[-1] - angle[0]) > 0.75 * 2 * np.pi


def test_zeros_are_open_on_every_side(random):
    x, y = np.array([careless_zero(random)[0][[0, -1]].mean(0) for _ in range(400)]).T

    for beside in (x < -40, x > 40, y < -50, y > 50):
        assert beside.mean() > 0.1


def test_one_with_a_flag_has_no_horizontal_bar(random):
    for _ in range(200):
        (one,) = flagged_one(random)
        # The flag ends at (0, 0), the top of the stem.
        x, y = one[0]
        assert y > -0.4 * x > 0


def test_nine_with_its_stem_on_the_left_has_a_loop_at_its_top_right(random):
    for _ in range(200):
        (nine,) = stemmed_nine(random)
        x, y = (nine - nine.min(0)).T / 100
        assert x[y.argmin()] > x[y > 0.75][0]
        assert y[x.argmax()] < 0.6


def test_five_like_a_check_mark_has_its_flag_at_its_top_right(random):
    for _ in range(200):
        main, flag = checked_five(random)
        # It starts on the left, goes down to the foot, and up to the flag.
        foot = main[main[:, 1].argmax()]
        assert main[0, 0] < foot[0] < main[-1, 0] < flag[-1, 0]
        assert flag[:, 1].max() < foot[1] / 2


def test_small_canvas_holds_whole_strokes(random):
    for side in range(16, 64):
        ink = augment_strokes(STROKES[8], random, max_brush=0.1, side=side)
        assert ink.shape == (side, side)
        assert ink.any() and not np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]]).all()


def inputs(ink):
    return normalize(ink)[0][np.newaxis]
