import numpy as np
import pytest

from digitrec.prediction import Prediction, Verdict
from digitrec.recognition.exploration.digit_index import DigitIndex
from digitrec.web.explore.similar import describe_neighbors


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ("777", "All 3 nearest digits are 7s."),
        ("111", "All 3 nearest digits are 1s. everyhand still predicts 7."),
        ("117", "The labels of the nearest digits disagree: 1 (2), 7 (1). everyhand still predicts 7."),
        ("1177", "The labels of the nearest digits disagree: 1 (2), 7 (2)."),
    ],
)
def test_nearest_digits_are_compared_with_the_prediction(labels, sentence):
    count = len(labels)
    index = DigitIndex.build(
        np.zeros((count, 28, 28), np.uint8),
        np.array([*labels], np.uint8),
        np.zeros(count, np.uint8),
        ["MNIST"],
        np.eye(count, dtype=np.float32),
        np.zeros((count, 2), np.float32),
        "CC BY-SA 3.0",
        "0",
    )
    prediction = Prediction(Verdict.DIGIT, "7", 0.9, (), (), "everyhand", 1.0)

    text = describe_neighbors(prediction, index, index.nearest(np.eye(count, dtype=np.float32)[0], count))

    assert text.removeprefix(":material/call_split: ") == sentence
