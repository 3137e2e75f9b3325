from dataclasses import replace

import pytest

from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.imaging.variations import PARAMETERS, Variation, vary
from digitrec.prediction import InputMethod, Verdict
from digitrec.recognition.exploration.sensitivity import measure_curves, measure_sensitivity
from digitrec.samples import ink_to_png, samples

BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def plain(prediction):
    return replace(prediction, steps=(), milliseconds=0, confidence=0, probabilities=())


def sensitivity_of(recognizer, ink, variation, name):
    [curve] = measure_curves([recognizer], ink, variation, BY_NAME[name])
    return measure_sensitivity(recognizer, ink, variation, recognizer.recognize_ink(vary(ink, variation)), curve)


@pytest.fixture(scope="module")
def ink():
    return render(samples()[7], 280)


def test_several_inks_give_the_same_predictions_as_one_at_a_time(recognizer, ink):
    inks = [ink, vary(ink, Variation(rotation=90)), vary(ink, Variation(contrast=0)), render(samples()[3], 280)]

    together = recognizer.recognize_inputs([normalize(one) for one in inks])

    alone = [recognizer.recognize(ink_to_png(one), InputMethod.CANVAS) for one in inks]
    assert [plain(one) for one in together] == [plain(one) for one in alone]
    assert [one.probabilities for one in together] == [pytest.approx(one.probabilities, abs=1e-5) for one in alone]


def test_prediction_holds_in_its_range_and_not_beyond(recognizer, ink):
    sensitivity = sensitivity_of(recognizer, ink, Variation(), "rotation")

    low, high = sensitivity.holds
    assert sensitivity.current.text == "7"
    assert 7 in sensitivity.curve.top_digits
    assert -90 <= low < 0 < high <= 90
    for value, beyond in ((low, low - 1), (high, high + 1)):
        same, other = [recognizer.recognize_ink(vary(ink, Variation(rotation=angle))) for angle in (value, beyond)]
        assert same.text == "7"
        assert other.text != "7" or not -90 <= beyond <= 90


@pytest.mark.parametrize("name", [parameter.name for parameter in PARAMETERS])
def test_curve_shows_every_digit_that_leads(recognizer, ink, name):
    [curve] = measure_curves([recognizer], ink, Variation(), BY_NAME[name])

    leading = {int(prediction.label) for prediction in curve.predictions if prediction.label}
    assert leading <= set(curve.top_digits)
    assert len(curve.top_digits) >= 3


def test_range_starts_from_the_current_value_of_every_parameter(recognizer, ink):
    sensitivity = sensitivity_of(recognizer, ink, Variation(rotation=90, size=77), "size")

    assert 77 in sensitivity.curve.values
    expected = recognizer.recognize_ink(vary(ink, Variation(rotation=90, size=77)))
    assert sensitivity.current.text == expected.text


def test_ink_too_faint_is_blank(recognizer, ink):
    sensitivity = sensitivity_of(recognizer, ink, Variation(), "contrast")

    assert sensitivity.curve.predictions[0].verdict is Verdict.BLANK
    assert 0 < sensitivity.holds[0] < 30 and sensitivity.holds[1] == 100
