"""Classify digits with an imported network."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.imported.conventions import Colors, Conventions, Fit, Scale, interpret, prepare
from digitrec.recognition.imported.image_input import ImageInput
from digitrec.recognition.imported.network import Network, load_network


class ImportedClassifier:
    """An imported network that predicts digits; safe to share between threads."""

    def __init__(self, path: Path, conventions: Conventions) -> None:
        """Load a LiteRT or ONNX file; raises ModelError if it can't be loaded or doesn't follow the conventions."""
        self._network, self._conventions = load_network(path), conventions
        pictures, outputs = self._network.signature.pictures, self._network.signature.outputs
        if pictures is None or conventions.output not in outputs:
            raise ModelBroken(f"The model file {path} doesn't belong to its card. Import the model again.", path)

    def classify(self, images: NDArray[np.float32]) -> ClassifierOutput:
        """Return the probabilities for images (N, 28, 28) in [0, 1], N at least 1."""
        return classify(self._network, images, self._conventions)


def classify(network: Network, images: NDArray[np.float32], chosen: Conventions) -> ClassifierOutput:
    """Return the probabilities that a network with these conventions predicts for images (N, 28, 28) in [0, 1]."""
    output = run(network, images, chosen.scale, chosen.colors, chosen.fit, chosen.output)
    return interpret(output, chosen.values, chosen.classes)


def run(
    network: Network, images: NDArray[np.float32], scale: Scale, colors: Colors, fit: Fit, output: str
) -> NDArray[np.float32]:
    """Return one output (N, …) of a network that takes pictures, for images (N, 28, 28) in [0, 1], N at least 1."""
    taken = network.signature.pictures
    assert taken is not None
    starts = range(0, len(images), taken.batch_size)
    # All pictures of a data set could take gigabytes.
    parts = (images[start : start + taken.batch_size] for start in starts)
    return np.concatenate([_run(network, taken, prepare(part, taken, scale, colors, fit), output) for part in parts])


def _run(network: Network, taken: ImageInput, pictures: NDArray[np.generic], output: str) -> NDArray[np.float32]:
    batch = taken.batch_of(pictures)
    result = network.run(batch, output)
    # Some networks for one picture leave out the number of pictures.
    if taken.has_batch and result.ndim > 0 and len(result) == len(batch):
        return result[: len(pictures)]
    return result[np.newaxis]
