"""The feature maps of a network's convolutions."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.recognition.interpreter_pool import InterpreterPool

FEATURES_FILE = "features.tflite"


class FeatureMap(NamedTuple):
    """The output of one convolution after its activation function."""

    layer: str
    """The name of the layer, such as "Convolution 1"."""
    activations: NDArray[np.float32]  # (height, width, channels)


class FeatureMaps:
    """Computes the feature maps of a network; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file whose outputs are named ``convolution_01`` and so on; raises ModelError."""
        self._interpreters = InterpreterPool(path, (28, 28))
        self._outputs = [tensor.number for _, tensor in sorted(self._interpreters.outputs.items())]

    def compute(self, image: NDArray[np.float32]) -> list[FeatureMap]:
        """Return the feature maps of a network input (28, 28) in [0, 1], in the order of the layers."""
        (maps,) = self._interpreters.run([image[np.newaxis, ..., np.newaxis]], self._outputs)
        return [FeatureMap(f"Convolution {number}", batch[0]) for number, batch in enumerate(maps, 1)]


def load_feature_maps(name: str, models: Path) -> FeatureMaps | None:
    """Load the feature maps of the model ``name``, or return None if it has none; raises ModelBroken."""
    path = models / name / FEATURES_FILE
    return FeatureMaps(path) if path.is_file() else None
