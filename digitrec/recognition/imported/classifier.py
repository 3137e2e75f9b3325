"""Classify digits with an imported network."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.imported.conventions import Conventions, interpret, prepare
from digitrec.recognition.imported.network import Network, load_network


class ImportedClassifier:
    """An imported network that predicts digits; safe to share between threads."""

    def __init__(self, path: Path, conventions: Conventions) -> None:
        """Load a LiteRT or ONNX file; raises ModelError if it can't be loaded or doesn't follow the conventions."""
        self._network, self._conventions = load_network(path), conventions
        pictures, outputs = self._network.signature.pictures, self._network.signature.outputs
        if pictures is None or conventions.output not in outputs:
            raise ModelBroken(f"The model file {path} doesn't belong to its card. Import the model again.", path)
        self._pictures = pictures

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """Return the probabilities for images (N, 28, 28) in [0, 1], N at least 1."""
        chosen = self._conventions
        pictures = prepare(images, self._pictures, chosen.scale, chosen.colors, chosen.fit)
        return interpret(run(self._network, pictures, chosen.output), chosen.values, chosen.classes)


def run(network: Network, pictures: NDArray[np.generic], output: str) -> NDArray[np.float32]:
    """Return one output (N, …) of a network for pictures (N, …) of its input shape."""
    taken = network.signature.pictures
    assert taken is not None
    batches = list(taken.batches(pictures))
    results = network.run(batches, output)
    if taken.has_batch and all(map(_is_batch, results, batches)):
        return np.concatenate(results)[: len(pictures)]
    return np.stack(results)


def _is_batch(result: NDArray[np.float32], batch: NDArray[np.generic]) -> bool:
    """Return whether an output starts with the number of pictures, which some networks for one picture leave out."""
    return result.ndim > 0 and len(result) == len(batch)
