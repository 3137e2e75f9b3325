"""The network that answers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.prediction import KINDS
from digitrec.recognition.interpreter_pool import InterpreterPool

_LARGEST_BATCH = 256


class ClassifierOutput(NamedTuple):
    """What a network says about N pictures."""

    probabilities: NDArray[np.float32]  # (N, 10)
    """The probability of each digit, should it be one."""
    kinds: NDArray[np.float32] | None  # (N, 4)
    """The probability of each Kind, None from a network that tells digits from each other only."""


class Classifier:
    """A network that gives each of ten digits a probability, and perhaps each kind of picture too; safe to share."""

    def __init__(self, path: Path) -> None:
        """Load the LiteRT file ``path``.

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: the file is no LiteRT network from (N, 28, 28, 1) to (N, 10) and perhaps (N, 4).
        """
        self._interpreters = InterpreterPool(path, (28, 28))
        by_size = {size: index for index, size in self._interpreters.outputs.values()}
        if 10 not in by_size:
            raise ModelBroken(f"The model file {path} does not give ten values a picture.", path)
        self._outputs = [by_size[size] for size in (10, len(KINDS)) if size in by_size]

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """What the network says about its inputs (N, 28, 28) in [0, 1], N from 1."""
        starts = range(0, len(images), _LARGEST_BATCH)
        answers = self._interpreters.run([images[start : start + _LARGEST_BATCH] for start in starts], self._outputs)
        probabilities, *kinds = (np.concatenate(part) for part in zip(*answers, strict=True))
        return ClassifierOutput(probabilities, kinds[0] if kinds else None)
