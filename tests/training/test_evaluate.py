import numpy as np
import pytest

from digitrec.recognition.models import Evaluation
from digitrec.training.data import Digits
from digitrec.training.evaluate import evaluate, sure_from


class Answers:
    """Stands where a classifier would, with answers known beforehand."""

    def __init__(self, read, confidence):
        self.answer = np.full((len(read), 10), 0.0, np.float32)
        self.answer[np.arange(len(read)), read] = confidence

    def probabilities(self, images):
        return self.answer[: len(images)]


def labelled(*labels):
    return Digits(np.zeros((len(labels), 28, 28), np.uint8), np.array(labels, np.uint8))


def test_figures_are_counted_by_what_a_digit_is_and_what_was_read():
    digits = labelled(*range(10), 7, 7)
    read = [*range(10), 7, 1]
    answers = Answers(read, [0.9] * 11 + [0.4])

    evaluation = evaluate(answers, digits, sure_from=0.5)

    assert evaluation.digits == 12
    assert evaluation.accuracy == pytest.approx(11 / 12)
    assert evaluation.per_digit == pytest.approx([1] * 7 + [2 / 3, 1, 1])
    assert evaluation.confusion[7][1] == 1
    assert sum(map(sum, evaluation.confusion)) == 12
    assert evaluation.sure == pytest.approx(11 / 12)
    assert evaluation.sure_accuracy == 1


def test_what_was_not_measured_is_none_and_can_be_kept():
    evaluation = evaluate(Answers([3], [0.4]), labelled(3), sure_from=0.5)

    assert evaluation.sure_accuracy is None
    assert evaluation.per_digit == [None, None, None, 1, None, None, None, None, None, None]
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_threshold_is_the_lowest_confidence_that_keeps_the_accuracy():
    digits = labelled(0, 1, 2, 3)
    answers = Answers([0, 1, 2, 0], [0.9, 0.6, 0.8, 0.3])

    assert sure_from(answers, digits, accuracy=1.0) == pytest.approx(0.6)
    assert sure_from(answers, digits, accuracy=0.75) == pytest.approx(0.3)


def test_a_model_that_is_never_right_is_never_sure():
    assert sure_from(Answers([1, 1], [0.9, 0.8]), labelled(0, 0)) == 1.0
