"""The classifier for single digits."""

from pathlib import Path
from typing import NamedTuple

import cv2
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


class Classifier:
    """A network that predicts digits and, optionally, the kind of ink; safe to share between threads."""

    def __init__(self, path: Path, *, test_time_augmentation: bool = False) -> None:
        """Load a LiteRT file from (N, 28, 28, 1) to (N, 10) and, optionally, (N, 4); raises ModelError.

        With ``test_time_augmentation``, the probabilities are the mean over each image and an enlarged copy of it.
        """
        self._augments = test_time_augmentation
        self._interpreters = InterpreterPool(path, (28, 28))
        by_size = {tensor.shape[-1]: tensor.number for tensor in self._interpreters.outputs.values()}
        if 10 not in by_size:
            raise ModelBroken(f"The model file {path} has no output of ten values per image.", path)
        self._outputs = [by_size[size] for size in (10, len(KINDS)) if size in by_size]

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """Return the probabilities for images (N, 28, 28) in [0, 1], N at least 1."""
        views = np.concatenate([images, enlarge(images)]) if self._augments else images
        batches = (views[start : start + _MAX_BATCH, ..., np.newaxis] for start in range(0, len(views), _MAX_BATCH))
        parts = [self._interpreters.run(batch, self._outputs) for batch in batches]
        outputs = map(np.concatenate, zip(*parts, strict=True))
        probabilities, *kinds = (values.reshape(-1, len(images), values.shape[-1]).mean(0) for values in outputs)
        return ClassifierOutput(probabilities, kinds[0] if kinds else None)


def enlarge(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return images (N, 28, 28) enlarged by 1/13 about their middle."""
    return np.stack([cv2.resize(image[1:-1, 1:-1], (28, 28)) for image in images])
