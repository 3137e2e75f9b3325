"""How well a model reads digits it was not trained on."""

import numpy as np
from numpy.typing import NDArray

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models import Evaluation
from digitrec.training.data import Digits, scaled


def evaluate(classifier: Classifier, digits: Digits, sure_from: float) -> Evaluation:
    """The accuracy of a network, over all and by digit, and of what it says it is sure of."""
    probabilities = classifier.probabilities(scaled(digits.images))
    read, confidence = probabilities.argmax(1), probabilities.max(1)
    right, sure = read == digits.labels, confidence >= sure_from
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (digits.labels, read), 1)
    return Evaluation(
        digits=len(digits),
        accuracy=float(right.mean()),
        per_digit=[_share(right[digits.labels == digit]) for digit in range(10)],
        confusion=confusion.tolist(),
        sure=float(sure.mean()),
        sure_accuracy=_share(right[sure]),
    )


def sure_from(classifier: Classifier, validation: Digits, accuracy: float = 0.998) -> float:
    """The lowest confidence from which answers on validation digits are right at least this often."""
    probabilities = classifier.probabilities(scaled(validation.images))
    order = probabilities.max(1).argsort()[::-1]
    right = (probabilities.argmax(1) == validation.labels)[order]
    enough = np.flatnonzero(right.cumsum() / np.arange(1, len(right) + 1) >= accuracy)
    return float(probabilities.max(1)[order][enough[-1]]) if enough.size else 1.0


def _share(right: NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if right.size else None
