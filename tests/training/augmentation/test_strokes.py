import numpy as np
import pytest

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, Kind
from digitrec.samples import samples
from digitrec.training.augmentation.negatives import Negatives, empty_sheet
from digitrec.training.augmentation.strokes import augment_strokes, captured, rewritten
from digitrec.training.data.digit_examples import NEGATIVES_SHARE, PENS_SHARE, epoch_of_examples, examples

LINES = {digit: [np.array(stroke.points) for stroke in strokes] for digit, strokes in samples().items()}


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize("digit", range(10))
def test_written_digits_differ_each_time_and_stay_whole_inside_the_picture(digit, random):
    inks = [augment_strokes(LINES[digit], random) for _ in range(20)]

    assert len({ink.tobytes() for ink in inks}) == 20
    for ink in inks:
        rows, columns = bounding_box(ink)
        assert 90 <= max(rows.stop - rows.start, columns.stop - columns.start) <= 112
        assert not any(edge.any() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))


def test_another_hand_still_writes_the_same_digit(recognizer, random):
    read = [
        recognizer.model.classifier.classify(inputs(augment_strokes(LINES[digit], random, 0.15))).probabilities.argmax()
        for digit in range(10)
        for _ in range(10)
    ]

    assert (np.array(read) == np.repeat(np.arange(10), 10)).mean() > 0.9


def test_scanned_digits_are_rewritten_whole(random, recognizer):
    images = [(inputs(augment_strokes(LINES[digit], random, 0.1))[0] * 255).astype(np.uint8) for digit in range(10)]

    again = [captured(rewritten(image, random), random) for image in images for _ in range(10)]

    read = [recognizer.model.classifier.classify(inputs(ink)).probabilities.argmax() for ink in again]
    assert (np.array(read) == np.repeat(np.arange(10), 10)).mean() > 0.85


def test_what_a_camera_kept_has_ink_left(random):
    for _ in range(200):
        ink = captured(augment_strokes(LINES[4], random), random)
        assert ink.dtype == np.uint8
        assert ink.max() > 150


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("kind", ["letter", "scribble", "several_digits"])
def test_negatives_are_drawable_and_varied(kind, held_out, random):
    negatives = Negatives(list(LINES.values()), held_out=held_out)

    inks = [augment_strokes(getattr(negatives, kind)(random), random) for _ in range(60)]

    assert len({ink.tobytes() for ink in inks}) == 60


def test_kinds_held_out_are_not_among_those_trained_on():
    trained, held_out = Negatives([]), Negatives([], held_out=True)

    assert not set(trained.scribbles) & set(held_out.scribbles)
    assert not set(trained.fonts) & set(held_out.fonts)


def test_empty_sheet_has_light_and_grain_but_no_ink(random):
    sheet = empty_sheet(random)

    assert sheet.shape == (240, 320)
    assert sheet.std() > 1


def test_examples_are_the_same_for_the_same_seed_and_epoch_and_others_for_another():
    five = (inputs(augment_strokes(LINES[5], np.random.default_rng(0))) * 255).astype(np.uint8)
    scans = Digits(np.tile(five, (40, 1, 1)), np.full(40, 5, np.uint8))
    pens = [PenDigit(digit, 1, samples()[digit]) for digit in range(10)]

    first, again, other = (epoch_of_examples(scans, pens, 0, epoch) for epoch in (0, 0, 1))

    assert np.array_equal(first.images, again.images)
    assert first.images.tobytes() != other.images.tobytes()


def test_examples_have_their_shares_of_each_kind(random):
    scans = Digits(np.zeros((40, 28, 28), np.uint8) + 200, np.zeros(40, np.uint8))

    made = examples(scans, [(digit, LINES[digit]) for digit in range(10)], random)

    counts = np.bincount(made.kinds, minlength=4)
    assert counts.tolist() == [40 + 40 * PENS_SHARE, *[40 * NEGATIVES_SHARE / 3] * 3]
    assert not made.labels[made.kinds != KINDS.index(Kind.DIGIT)].any()


def inputs(ink):
    return normalize(ink)[0][np.newaxis]
