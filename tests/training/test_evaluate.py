import numpy as np
import pytest

from digitrec.datasets.digits import Digits
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.cards import Evaluation
from digitrec.training.evaluate import (
    choose_confidence_threshold,
    choose_digit_threshold,
    evaluate,
    expected_calibration_error,
    fit_temperature,
    is_rejected,
    reliability_bins,
)


def outputs(predicted, confidence, digit=None):
    """Classifier outputs with these predictions, their confidence, and their probability of being a digit."""
    probabilities = np.zeros((len(predicted), 10), np.float32)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    kinds = None
    if digit is not None:
        kinds = np.zeros((len(predicted), 4), np.float32)
        kinds[:, 0], kinds[:, 1] = digit, 1 - np.asarray(digit)
    return ClassifierOutput(probabilities, kinds)


def labels(*digits):
    return np.array(digits, np.uint8)


def inked(digits):
    return Digits(np.ones((len(digits), 28, 28), np.uint8), digits)


def test_evaluation_counts_by_label_and_prediction():
    digits = labels(*range(10), 7, 7)
    predicted = [*range(10), 7, 1]
    known_outputs = outputs(predicted, [0.9] * 11 + [0.4], digit=[0.1] + [0.9] * 11)

    evaluation = evaluate(known_outputs, inked(digits), confidence_threshold=0.5, digit_threshold=0.5)

    assert evaluation.digits == 12
    assert evaluation.accuracy == pytest.approx(11 / 12)
    assert evaluation.per_digit == pytest.approx([1] * 7 + [2 / 3, 1, 1])
    assert evaluation.confusion[7][1] == 1
    assert sum(map(sum, evaluation.confusion)) == 12
    assert evaluation.refused == pytest.approx(1 / 12)
    assert evaluation.confident == pytest.approx(10 / 12)
    assert evaluation.confident_accuracy == 1


def test_figures_without_data_are_none_and_can_be_saved():
    evaluation = evaluate(outputs([3], [0.4]), inked(labels(3)), confidence_threshold=0.5, digit_threshold=0)

    assert evaluation.confident_accuracy is None
    assert evaluation.per_digit == [None, None, None, 1, None, None, None, None, None, None]
    assert Evaluation.model_validate_json(evaluation.model_dump_json()) == evaluation


def test_confidence_threshold_is_the_lowest_that_keeps_the_accuracy():
    digits = labels(0, 1, 2, 3)
    known_outputs = outputs([0, 1, 2, 0], [0.9, 0.6, 0.8, 0.3])

    assert choose_confidence_threshold(known_outputs, digits, min_accuracy=1.0) == pytest.approx(0.6)
    assert choose_confidence_threshold(known_outputs, digits, min_accuracy=0.75) == pytest.approx(0.3)


def test_model_that_is_never_correct_is_never_confident():
    assert choose_confidence_threshold(outputs([1, 1], [0.9, 0.8]), labels(0, 0)) == 1.0


def test_digit_threshold_rejects_the_given_share():
    known_outputs = outputs([0] * 100, [0.9] * 100, digit=np.linspace(0.01, 1, 100))

    assert is_rejected(known_outputs, choose_digit_threshold([known_outputs], false_rejects=0.05)).sum() == 5


def test_network_without_kinds_rejects_nothing():
    known_outputs = outputs([0, 1], [0.9, 0.8])

    assert choose_digit_threshold([known_outputs]) == 0
    assert not is_rejected(known_outputs, 0.5).any()


def test_calibration_error_weights_bins_by_their_digits():
    confidence = np.array([0.95] * 3 + [0.5], np.float32)
    correct = np.array([True, True, False, True])

    bins = reliability_bins(confidence, correct)

    assert [bin_.digits for bin_ in bins] == [1, 3]
    assert expected_calibration_error(bins) == pytest.approx(0.75 * (0.95 - 2 / 3) + 0.25 * 0.5)


def test_blank_images_are_rejected_and_not_calibrated():
    blank = Digits(np.zeros((2, 28, 28), np.uint8), labels(1, 2))

    evaluation = evaluate(outputs([1, 2], [0.9, 0.8]), blank, confidence_threshold=0.5, digit_threshold=0)

    assert (evaluation.refused, evaluation.accuracy, evaluation.calibration_error) == (1, 0, 0)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_undoes_the_scaling_of_the_logits(temperature):
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 10))
    calibrated = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    sampled = (calibrated.cumsum(1) > random.random((len(calibrated), 1))).argmax(1)
    uncalibrated = np.exp(logits * temperature) / np.exp(logits * temperature).sum(1, keepdims=True)

    assert fit_temperature(uncalibrated, sampled.astype(np.uint8)) == pytest.approx(temperature, rel=0.05)
