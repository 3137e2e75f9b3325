import pytest

from digitrec.prediction import Prediction, Verdict
from digitrec.web.prediction.digit_result import describe


@pytest.mark.parametrize(("second", "name"), [(8, "an 8"), (9, "a 9")])
def test_unsure_prediction_names_the_second_digit(second, name):
    probabilities = tuple({3: 0.6, second: 0.4}.get(digit, 0.0) for digit in range(10))
    prediction = Prediction(Verdict.UNSURE, "3", 0.6, probabilities, (), "everyhand", 1.0)

    assert describe(prediction) == ("Unsure", f"60.0% confidence. It could also be {name} (40.0%).")


def test_second_of_two_equally_likely_digits_is_the_other_one():
    probabilities = tuple(0.5 if digit in (3, 7) else 0.0 for digit in range(10))
    prediction = Prediction(Verdict.UNSURE, "3", 0.5, probabilities, (), "imported", 1.0)

    assert describe(prediction)[1].endswith("It could also be a 7 (50.0%).")
