"""What each convolution of a network makes of a picture."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.recognition.interpreter_pool import InterpreterPool

FEATURES_FILE = "features.tflite"


class FeatureMap(NamedTuple):
    """The activations of one convolution, after what it is activated by."""

    layer: str
    """Its name, such as "Convolution 1"."""
    activations: NDArray[np.float32]  # (height, width, channels)


class FeatureMaps:
    """The convolutions of a network, in order; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load the LiteRT file ``path``, whose outputs are named ``convolution_01`` and so on.

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: the file is no LiteRT network with input (N, 28, 28, 1).
        """
        self._interpreters = InterpreterPool(path, (28, 28))
        outputs = sorted(self._interpreters.outputs.items())
        self._names = [f"Convolution {number}" for number, _ in enumerate(outputs, 1)]
        self._outputs = [index for _, (index, _) in outputs]

    def compute(self, image: NDArray[np.float32]) -> list[FeatureMap]:
        """The feature maps of a network's input (28, 28) in [0, 1], first convolution first."""
        (maps,) = self._interpreters.run([image[np.newaxis]], self._outputs)
        return [FeatureMap(name, batch[0]) for name, batch in zip(self._names, maps, strict=True)]


def load_feature_maps(name: str, models: Path) -> FeatureMaps | None:
    """The feature maps of the model ``name`` in the folder ``models``, None where it carries none.

    Raises:
        ModelBroken: its file of feature maps cannot be used.
    """
    path = models / name / FEATURES_FILE
    return FeatureMaps(path) if path.is_file() else None
