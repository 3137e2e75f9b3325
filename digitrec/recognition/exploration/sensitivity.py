"""Measure how a prediction depends on one parameter of a drawing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Ink
from digitrec.imaging.variations import Parameter, Variation, vary
from digitrec.prediction import Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer

_VALUES = 37
_BISECTIONS = 3


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The predictions of a model while one parameter of a drawing varies."""

    parameter: Parameter
    values: NDArray[np.float64]  # (N,)
    predictions: tuple[Prediction, ...]  # (N,)
    now: float
    """The current value, one of them."""
    current: Prediction
    """The prediction at the current value."""
    holds: tuple[float, float]
    """The range around the current value in which the prediction stays the same."""

    @property
    def top_digits(self) -> list[int]:
        """The three digits that reach the highest probabilities, in ascending order."""
        probabilities = np.array([item.probabilities for item in self.predictions if item.probabilities])
        return sorted(np.argsort(-probabilities.max(0), kind="stable")[:3].tolist()) if len(probabilities) else []

    @property
    def holds_everywhere(self) -> bool:
        """Whether the prediction stays the same in the whole range."""
        return self.holds == (self.parameter.low, self.parameter.high)


def measure_sensitivity(
    recognizer: DigitRecognizer, ink: Ink, variation: Variation, parameter: Parameter
) -> Sensitivity:
    """Return how the prediction for ink depends on one parameter, with the others fixed by ``variation``."""

    def predict(values: list[float]) -> list[Prediction]:
        return recognizer.recognize_inks([vary(ink, replace(variation, **{parameter.name: value})) for value in values])

    now = float(getattr(variation, parameter.name))
    values = sorted({*np.linspace(parameter.low, parameter.high, _VALUES).tolist(), now})
    predictions = predict(values)
    middle = values.index(now)
    text = predictions[middle].text
    first = last = middle
    while first > 0 and predictions[first - 1].text == text:
        first -= 1
    while last < len(values) - 1 and predictions[last + 1].text == text:
        last += 1
    # Each end lies between a value at which the prediction is the same and one at which it isn't.
    ends = [(values[first], values[max(first - 1, 0)]), (values[last], values[min(last + 1, len(values) - 1)])]
    for _ in range(_BISECTIONS):
        middles = [(same + other) / 2 for same, other in ends]
        ends = [
            (middle, other) if prediction.text == text else (same, middle)
            for (same, other), middle, prediction in zip(ends, middles, predict(middles), strict=True)
        ]
    return Sensitivity(
        parameter, np.array(values), tuple(predictions), now, predictions[middle], (ends[0][0], ends[1][0])
    )
