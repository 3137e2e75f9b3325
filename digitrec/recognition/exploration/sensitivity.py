"""Measure how a prediction depends on one parameter of a drawing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Ink
from digitrec.imaging.variations import Parameter, Variation, vary
from digitrec.prediction import Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer, NetworkInput, prepare

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
    recognizers: Sequence[DigitRecognizer], ink: Ink, variation: Variation, parameter: Parameter
) -> list[Sensitivity]:
    """Return how the prediction of each model for ink depends on one parameter, with the others as in ``variation``."""

    def vary_to(values: list[float]) -> list[NetworkInput]:
        return [prepare(vary(ink, replace(variation, **{parameter.name: value}))) for value in values]

    now = float(getattr(variation, parameter.name))
    values = sorted({*np.linspace(parameter.low, parameter.high, _VALUES).tolist(), now})
    current, inputs = values.index(now), vary_to(values)

    def measure(recognizer: DigitRecognizer) -> Sensitivity:
        def predict(values: list[float]) -> list[str]:
            return [prediction.text for prediction in recognizer.recognize_inputs(vary_to(values))]

        predictions = recognizer.recognize_inputs(inputs)
        holds = _range(values, [prediction.text for prediction in predictions], current, predict)
        return Sensitivity(parameter, np.array(values), tuple(predictions), now, predictions[current], holds)

    return [measure(recognizer) for recognizer in recognizers]


def _range(
    values: list[float], texts: list[str], current: int, predict: Callable[[list[float]], list[str]]
) -> tuple[float, float]:
    """Return the range around the current value in which the predicted text stays the same."""
    text, last = texts[current], len(values) - 1
    low = high = current
    while low > 0 and texts[low - 1] == text:
        low -= 1
    while high < last and texts[high + 1] == text:
        high += 1
    # Each end lies between a value at which the prediction is the same and one at which it isn't.
    ends = [(values[low], values[max(low - 1, 0)]), (values[high], values[min(high + 1, last)])]
    for _ in range(_BISECTIONS):
        middles = [(same + other) / 2 for same, other in ends]
        ends = [
            (middle, other) if found == text else (same, middle)
            for (same, other), middle, found in zip(ends, middles, predict(middles), strict=True)
        ]
    return ends[0][0], ends[1][0]
