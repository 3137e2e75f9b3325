import numpy as np
import pytest

from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.cards import Evaluation
from digitrec.training.digits.evaluate import (
    confidence_threshold,
    digit_threshold,
    evaluate,
    expected_calibration_error,
    fit_temperature,
    not_digits,
    reliability_bins,
)


def answers(read, confidence, digit=None):
    """Answers known beforehand: what was read, how surely, and how surely it is a digit."""
    probabilities = np.zeros((len(read), 10), np.float32)
    probabilities[np.arange(len(read)), read] = confidence
    kinds = None
    if digit is not None:
        kinds = np.zeros((len(read), 4), np.float32)
        kinds[:, 0], kinds[:, 1] = digit, 1 - np.asarray(digit)
    return ClassifierOutput(probabilities, kinds)


def labels(*digits):
    return np.array(digits, np.uint8)


def test_figures_are_counted_by_what_a_digit_is_and_what_was_read():
    digits = labels(*range(10), 7, 7)
    read = [*range(10), 7, 1]
    known = answers(read, [0.9] * 11 + [0.4], digit=[0.1] + [0.9] * 11)

    evaluation = evaluate(known, digits, confidence_threshold=0.5, digit_threshold=0.5)

    assert evaluation.digits == 12
    assert evaluation.accuracy == pytest.approx(11 / 12)
    assert evaluation.per_digit == pytest.approx([1] * 7 + [2 / 3, 1, 1])
    assert evaluation.confusion[7][1] == 1
    assert sum(map(sum, evaluation.confusion)) == 12
    assert evaluation.refused == pytest.approx(1 / 12)
    assert evaluation.confident == pytest.approx(10 / 12)
    assert evaluation.confident_accuracy == 1


def test_what_was_not_measured_is_none_and_can_be_kept():
    evaluation = evaluate(answers([3], [0.4]), labels(3), confidence_threshold=0.5)

    assert evaluation.confident_accuracy is None
    assert evaluation.per_digit == [None, None, None, 1, None, None, None, None, None, None]
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_threshold_is_the_lowest_confidence_that_keeps_the_accuracy():
    digits = labels(0, 1, 2, 3)
    known = answers([0, 1, 2, 0], [0.9, 0.6, 0.8, 0.3])

    assert confidence_threshold(known, digits, accuracy=1.0) == pytest.approx(0.6)
    assert confidence_threshold(known, digits, accuracy=0.75) == pytest.approx(0.3)


def test_a_model_that_is_never_right_is_never_sure():
    assert confidence_threshold(answers([1, 1], [0.9, 0.8]), labels(0, 0)) == 1.0


def test_threshold_of_being_a_digit_refuses_the_share_it_is_given():
    known = answers([0] * 100, [0.9] * 100, digit=np.linspace(0.01, 1, 100))

    assert not_digits(known, digit_threshold(known, refused=0.05)).sum() == 5


def test_network_without_kinds_refuses_nothing():
    known = answers([0, 1], [0.9, 0.8])

    assert digit_threshold(known) == 0
    assert not not_digits(known, 0.5).any()


def test_calibration_error_weighs_each_bin_by_its_digits():
    confidence = np.array([0.95] * 3 + [0.5], np.float32)
    right = np.array([True, True, False, True])

    bins = reliability_bins(confidence, right)

    assert [bin_.digits for bin_ in bins] == [1, 3]
    assert expected_calibration_error(bins) == pytest.approx(0.75 * (0.95 - 2 / 3) + 0.25 * 0.5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_is_the_one_that_the_logits_were_spoilt_with(temperature):
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 10))
    honest = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    drawn = (honest.cumsum(1) > random.random((len(honest), 1))).argmax(1)
    spoilt = np.exp(logits * temperature) / np.exp(logits * temperature).sum(1, keepdims=True)

    assert fit_temperature(spoilt, drawn.astype(np.uint8)) == pytest.approx(temperature, rel=0.05)
