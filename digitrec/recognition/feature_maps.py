"""The feature maps of a network's convolutions, and its embedding of an image."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.recognition.interpreter_pool import InterpreterPool

FEATURES_FILE = "features.tflite"
EMBEDDING = "embedding"
"""Name of the output that holds the embedding; the feature maps are named ``convolution_01`` and so on."""
_BATCH = 4  # The interpreter keeps the feature maps of a whole batch in memory: 0.2 MB for each image.


class FeatureMap(NamedTuple):
    """The output of one convolution after its activation function."""

    layer: str
    """The name of the layer, such as "Convolution 1"."""
    activations: NDArray[np.float32]  # (height, width, channels)


class FeatureMaps:
    """Computes the feature maps of a network; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file that ``export_feature_maps`` wrote; raises ModelError."""
        self._interpreters = InterpreterPool(path, (28, 28))
        outputs = self._interpreters.outputs
        self._outputs = [tensor.number for name, tensor in sorted(outputs.items()) if name != EMBEDDING]
        self.has_embedding = EMBEDDING in outputs
        """Whether the file has the network's embedding. Files written by version 0.1 don't."""

    def compute(self, image: NDArray[np.float32]) -> list[FeatureMap]:
        """Return the feature maps of a network input (28, 28) in [0, 1], in the order of the layers."""
        maps = self._interpreters.run(image[np.newaxis, ..., np.newaxis], self._outputs)
        return [FeatureMap(f"Convolution {number}", batch[0]) for number, batch in enumerate(maps, 1)]

    def embed(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the embeddings (N, D) of network inputs (N, 28, 28) in [0, 1], N at least 1.

        The embedding of an image is the input of the last layer. Requires ``has_embedding``.
        """
        outputs = [self._interpreters.outputs[EMBEDDING].number]
        batches = (images[start : start + _BATCH, ..., np.newaxis] for start in range(0, len(images), _BATCH))
        return np.concatenate([self._interpreters.run(batch, outputs)[0] for batch in batches])


def load_feature_maps(name: str, models: Path) -> FeatureMaps | None:
    """Load the feature maps of the model ``name``, or return None if it has none; raises ModelBroken."""
    path = models / name / FEATURES_FILE
    return FeatureMaps(path) if path.is_file() else None
