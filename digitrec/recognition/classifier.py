"""The classifier for single digits."""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.prediction import KINDS
from digitrec.recognition.interpreter_pool import InterpreterPool

_MAX_BATCH = 256


class ClassifierOutput(NamedTuple):
    """Probabilities for N images."""

    probabilities: NDArray[np.float32]  # (N, 10)
    """The probability of each digit, given that the image shows one."""
    kinds: NDArray[np.float32] | None  # (N, 4)
    """The probability of each Kind, or None if the model only distinguishes digits."""


class AnyClassifier(Protocol):
    """What classifies network inputs; safe to share between threads."""

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """Return the probabilities for images (N, 28, 28) in [0, 1], N at least 1."""


class Classifier:
    """A network that predicts digits and, optionally, the kind of ink; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file from (N, 28, 28, 1) to (N, 10) and, optionally, (N, 4); raises ModelError."""
        self._interpreters = InterpreterPool(path, (28, 28))
        by_size = {tensor.shape[-1]: tensor.number for tensor in self._interpreters.outputs.values()}
        if 10 not in by_size:
            raise ModelBroken(f"The model file {path} has no output of ten values per image.", path)
        self._outputs = [by_size[size] for size in (10, len(KINDS)) if size in by_size]

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """Return the probabilities for images (N, 28, 28) in [0, 1], N at least 1."""
        starts = range(0, len(images), _MAX_BATCH)
        batches = [images[start : start + _MAX_BATCH, ..., np.newaxis] for start in starts]
        outputs = self._interpreters.run(batches, self._outputs)
        probabilities, *kinds = (np.concatenate(part) for part in zip(*outputs, strict=True))
        return ClassifierOutput(probabilities, kinds[0] if kinds else None)
