"""Adversarial examples: the smallest change to an image that makes a model predict another digit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitrec.prediction import DIGITS
from digitrec.recognition.exploration.gradients import Gradients
from digitrec.recognition.models.digit_model import DigitModel

_STEPS = 40
_FIRST_RADIUS = 1.5
_STRIDE = 0.5  # Length of a step as a share of the radius.
_RADIUS_CHANGE, _DECAY = 0.2, 0.94
"""The share by which the radius changes at first, and the factor by which that share shrinks with every step."""
_MARGIN = 0.05  # How far the score of the target must lie above the others, in logits.
_SCALES = np.linspace(0.9, 2, 12, dtype=np.float32)
_FINER_SCALES = 6
_DIGITS, _KINDS = slice(0, len(DIGITS)), slice(len(DIGITS), None)


@dataclass(frozen=True, slots=True)
class AdversarialExample:
    """An image that barely differs from the original but is predicted as another digit."""

    image: NDArray[np.float32]  # (28, 28) in [0, 1], in steps of 1/255.
    change: NDArray[np.float32]  # (28, 28), the image minus the original.
    probability: float  # The probability of the digit it is predicted as.

    @property
    def distance(self) -> float:
        """The Euclidean length of the change. One pixel changed from paper to ink has length 1."""
        return float(np.linalg.norm(self.change))

    @property
    def largest(self) -> float:
        """The largest change of a pixel, 0 to 1."""
        return float(np.abs(self.change).max())


def fool(model: DigitModel, gradients: Gradients, image: NDArray[np.float32], target: int) -> AdversarialExample | None:
    """Return an image close to a network input (28, 28) that is predicted as ``target``, or None if none is found.

    Projected gradient descent: every step follows the gradient, and the change is projected onto a sphere and into the
    range of ink. The sphere shrinks while the model is fooled and grows while it isn't (Rony et al. 2019). If the model
    can reject non-digits, it must not reject the image.
    """
    threshold = model.card.digit_threshold
    change, best = np.zeros_like(image), None
    weights = _toward(target, np.zeros(gradients.logit_count), threshold)
    radius, adjustment = _FIRST_RADIUS, _RADIUS_CHANGE
    for _ in range(_STEPS):
        # The weights come from the previous image: computing the logits of this one first would take twice the time.
        logits, gradient = gradients.compute(image + change, weights)
        is_fooled = _margin(target, logits, threshold) > _MARGIN
        length = float(np.linalg.norm(change))
        if is_fooled and (best is None or length < np.linalg.norm(best)):
            best = change
        radius = length * (1 - adjustment) if is_fooled else radius * (1 + adjustment)
        adjustment *= _DECAY
        weights = _toward(target, logits, threshold)
        change = change + _STRIDE * radius * _unit(gradient)
        change = np.clip(image + radius * _unit(change), 0, 1) - image
    return None if best is None else _smallest(model, image, best, target)


def _smallest(
    model: DigitModel, image: NDArray[np.float32], change: NDArray[np.float32], target: int
) -> AdversarialExample | None:
    """Return the example with the smallest multiple of a change that fools the model itself, in whole gray levels.

    The gradient is that of a more precise network than the one that predicts.
    """
    scales, smallest = _SCALES, None
    for _ in range(2):
        scaled = np.clip(image + scales[:, np.newaxis, np.newaxis] * change, 0, 1)
        images = np.asarray(np.round(255 * scaled) / 255, np.float32)
        output = model.classifier.classify(images)
        is_fooled = output.probabilities.argmax(1) == target
        if output.kinds is not None:
            is_fooled &= output.kinds[:, 0] >= model.card.digit_threshold
        if not is_fooled.any():
            break
        first = int(is_fooled.argmax())
        probability = float(output.probabilities[first, target])
        smallest = AdversarialExample(images[first], images[first] - image, probability)
        scales = np.linspace(scales[max(first - 1, 0)], scales[first], _FINER_SCALES, dtype=np.float32)
    return smallest


def _margin(target: int, logits: NDArray[np.float32], threshold: float) -> float:
    """Return the margin of the target over the other digits or, if smaller, of being a digit over its threshold."""
    digits, kinds = logits[_DIGITS], logits[_KINDS]
    margin = float(digits[target] - np.delete(digits, target).max())
    return min(margin, _kind_margin(kinds, threshold)) if kinds.size else margin


def _kind_margin(kinds: NDArray[np.float32], threshold: float) -> float:
    threshold = min(max(threshold, 1e-6), 1 - 1e-6)
    return float(kinds[0] - np.logaddexp.reduce(kinds[1:]) - np.log(threshold / (1 - threshold)))


def _toward(target: int, logits: NDArray[np.floating], threshold: float) -> NDArray[np.float64]:
    """Return the weights of the logits whose sum grows with the log-odds of the target and, if needed, of a digit."""
    weights = np.zeros(len(logits))
    others = np.arange(len(DIGITS)) != target
    weights[target] = 1
    weights[_DIGITS][others] = -_softmax(logits[_DIGITS][others])
    kinds = logits[_KINDS]
    if kinds.size and _kind_margin(kinds, threshold) < 1:
        weights[_KINDS] = [1, *-_softmax(kinds[1:])]
    return weights


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
