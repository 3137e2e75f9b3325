"""Measure how a prediction depends on one parameter of a drawing."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitrec.imaging.arrays import Ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.variations import Parameter, Variation, vary
from digitrec.prediction import Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer

_VALUES = 37
_BISECTIONS = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """The predictions of a model over the whole range of one parameter of a drawing."""

    parameter: Parameter
    values: tuple[float, ...]  # (N,), ascending
    predictions: tuple[Prediction, ...]  # (N,), without steps

    @property
    def top_digits(self) -> list[int]:
        """Every digit that is the most likely one at some value, and the three that reach the highest probabilities."""
        probabilities = np.array([item.probabilities for item in self.predictions if item.probabilities])
        if not len(probabilities):
            return []
        highest = np.argsort(-probabilities.max(0), kind="stable")[:3]
        return sorted({*probabilities.argmax(1).tolist(), *highest.tolist()})

    def through(self, value: float, prediction: Prediction) -> "Curve":
        """Return the curve with the prediction at one more value."""
        position = bisect_left(self.values, value)
        if self.values[position] == value:
            return self
        predictions = (*self.predictions[:position], prediction, *self.predictions[position:])
        values = (*self.values[:position], value, *self.values[position:])
        return Curve(self.parameter, values, predictions)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How the prediction for a drawing depends on one of its parameters."""

    curve: Curve
    now: float  # The current value, one of the curve's.
    current: Prediction  # The prediction at the current value.
    holds: tuple[float, float]  # The range around the current value in which the prediction stays the same.

    @property
    def holds_everywhere(self) -> bool:
        """Whether the prediction stays the same in the whole range."""
        return self.holds == (self.curve.parameter.low, self.curve.parameter.high)


def measure_curves(
    recognizers: Sequence[DigitRecognizer], ink: Ink, variation: Variation, parameter: Parameter
) -> list[Curve]:
    """Return the curve of each model for ink, with the other parameters as in ``variation``."""
    values = np.linspace(parameter.low, parameter.high, _VALUES).tolist()
    inputs = [normalize(_vary_to(value, ink, variation, parameter)) for value in values]
    # The steps would take megabytes.
    return [
        Curve(
            parameter,
            tuple(values),
            tuple(replace(prediction, steps=()) for prediction in recognizer.recognize_inputs(inputs)),
        )
        for recognizer in recognizers
    ]


def measure_sensitivity(
    recognizer: DigitRecognizer, ink: Ink, variation: Variation, current: Prediction, curve: Curve
) -> Sensitivity:
    """Return how the current prediction, that for ink with this variation, depends on the parameter of a curve."""

    def is_same(value: float) -> bool:
        return recognizer.recognize_ink(_vary_to(value, ink, variation, curve.parameter)).text == current.text

    now = float(getattr(variation, curve.parameter.name))
    curve = curve.through(now, current)
    values, is_current = curve.values, [prediction.text == current.text for prediction in curve.predictions]
    low = high = values.index(now)
    while low > 0 and is_current[low - 1]:
        low -= 1
    while high < len(values) - 1 and is_current[high + 1]:
        high += 1
    # Each end lies between a value at which the prediction is the same and one at which it isn't.
    lowest = _bisect(values[low], values[low - 1], is_same) if low > 0 else values[0]
    highest = _bisect(values[high], values[high + 1], is_same) if high < len(values) - 1 else values[-1]
    return Sensitivity(curve, now, current, (lowest, highest))


def _bisect(same: float, other: float, is_same: Callable[[float], bool]) -> float:
    """Return a value between two others at which the prediction is still the same, close to one at which it isn't."""
    for _ in range(_BISECTIONS):
        middle = (same + other) / 2
        same, other = (middle, other) if is_same(middle) else (same, middle)
    return same


def _vary_to(value: float, ink: Ink, variation: Variation, parameter: Parameter) -> Ink:
    return vary(ink, replace(variation, **{parameter.name: value}))
