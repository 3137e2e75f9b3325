import numpy as np
import pytest

from digitrec.datasets.digits import Digits
from digitrec.datasets.mistakes import draw_contact_sheet, find_mistakes
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.samples import known_mistakes, samples
from digitrec.training.evaluate import evaluate_model


@pytest.fixture
def digits():
    """The samples, the known mistakes, and a blank image, which doesn't count."""
    drawn = [(strokes, digit) for digit, strokes in samples().items()]
    drawn += [(mistake.strokes, mistake.digit) for mistake in known_mistakes() if mistake.digit is not None]
    images = [np.round(normalize(render(strokes, 280))[0] * 255) for strokes, _ in drawn]
    return Digits(np.stack([*images, np.zeros((28, 28))]).astype(np.uint8), np.array([*(d for _, d in drawn), 3]))


def test_mistakes_match_the_confusion_matrix(digits, recognizer):
    found = find_mistakes(recognizer.model, digits)

    confusion = evaluate_model(recognizer.model, digits).confusion
    assert len(found) > 3
    assert found.counts() == {
        (digit, read): count
        for digit, row in enumerate(confusion)
        for read, count in enumerate(row)
        if digit != read and count
    }
    for (digit, read), count in found.counts().items():
        cell = found.in_cell(digit, read)
        assert len(cell) == count
        assert set(cell.digits.labels) == {digit}
        assert set(cell.predicted) == {read}
        assert all(any(np.array_equal(image, other) for other in digits.images) for image in cell.digits.images)


def test_most_confident_mistake_comes_first(digits, recognizer):
    confidence = find_mistakes(recognizer.model, digits).confidence

    assert list(confidence) == sorted(confidence, reverse=True)


def test_contact_sheet_has_a_row_for_each_kind_of_mistake(digits, recognizer):
    found = find_mistakes(recognizer.model, digits)

    sheet = np.asarray(draw_contact_sheet(found))

    tiles = sheet[:, 96:]
    rows = tiles.reshape(len(found.counts()), -1, tiles.shape[1])
    assert all(row.min() == 0 and row.max() == 255 for row in rows)


def test_contact_sheet_without_mistakes_is_empty(digits, recognizer):
    samples_only = digits.take(np.arange(10))

    assert np.asarray(draw_contact_sheet(find_mistakes(recognizer.model, samples_only))).min() == 255
