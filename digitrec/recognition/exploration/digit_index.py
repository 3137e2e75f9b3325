"""An index of training digits by embedding, to find those that a model considers similar to a drawing."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.models.digit_model import version_of

INDEX_FILE = "index.npz"
_DIMENSIONS = 64  # The most principal components that embeddings are reduced to.
_MAP_NEIGHBORS = 5


class Neighbor(NamedTuple):
    """A training digit near a drawing."""

    position: int  # Its position in the index.
    distance: float  # Distance between the embeddings; 1 is typical between a training digit and its nearest neighbor.


@dataclass(frozen=True)
class DigitIndex:
    """Training digits with their embeddings and a map of them."""

    images: NDArray[np.uint8]  # (N, 28, 28), 0 = paper, 255 = ink
    labels: NDArray[np.uint8]  # (N,)
    source: NDArray[np.uint8]  # (N,) positions in ``sources``
    sources: NDArray[np.str_]
    """Where digits come from, such as "MNIST"."""
    quantized: NDArray[np.int8]  # (N, K)
    """The principal components of the embeddings, in units of ``scale``."""
    scale: NDArray[np.float32]  # ()
    mean: NDArray[np.float32]  # (D,)
    components: NDArray[np.float32]  # (K, D)
    map: NDArray[np.float32]  # (N, 2)
    """Where each digit lies on the map."""
    license: NDArray[np.str_]  # ()
    version: NDArray[np.str_]  # ()
    """The version of the file that computed the embeddings."""

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def build(
        cls,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        source: NDArray[np.uint8],
        sources: list[str],
        features: NDArray[np.float32],
        map: NDArray[np.float32],
        license: str,
        version: str,
    ) -> Self:
        """Return the index of images (N, 28, 28) with these embeddings (N, D) and this map (N, 2)."""
        mean = features.mean(0)
        _, _, axes = np.linalg.svd(features - mean, full_matrices=False)
        components = axes[:_DIMENSIONS].astype(np.float32)
        vectors = (features - mean) @ components.T
        scale = np.float32(max(np.abs(vectors).max() / 127, 1e-12))
        quantized = np.round(vectors / scale).astype(np.int8)
        texts = np.array(sources), np.array(license), np.array(version)
        return cls(
            images, labels, source, texts[0], quantized, np.asarray(scale), mean, components, map, texts[1], texts[2]
        )

    def write(self, path: Path) -> None:
        """Write the index to a file."""
        names = self.__dataclass_fields__
        with path.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in names})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the index from a file; raises ModelBroken."""
        try:
            # NumPy would leave a file open that isn't an archive.
            with path.open("rb") as file, np.load(file) as arrays:
                index = cls(**{name: arrays[name] for name in cls.__dataclass_fields__})
            count = len(index.labels)
            if not 0 < count == len(index.images) == len(index.quantized) == len(index.map) == len(index.source):
                raise ValueError("its arrays differ in length")
        except (OSError, EOFError, BadZipFile, KeyError, ValueError, TypeError) as error:
            raise ModelBroken(f"The index {path} is damaged: {error}.", path) from error
        return index

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        return np.asarray(self.quantized * self.scale, np.float32)

    @cached_property
    def _squared_lengths(self) -> NDArray[np.float32]:
        return np.asarray(np.einsum("nk,nk->n", self._vectors, self._vectors), np.float32)

    @cached_property
    def unit(self) -> float:
        """The median distance between a digit and its nearest neighbor, from 300 digits all over the index."""
        some = np.linspace(0, len(self) - 1, min(300, len(self)), dtype=int)
        squared = self._squared_distances(self._vectors[some])
        squared[np.arange(len(some)), some] = np.inf
        return max(float(np.median(np.sqrt(squared.min(1)))), 1e-12)

    def nearest(self, features: NDArray[np.float32], count: int = 12) -> list[Neighbor]:
        """Return the digits nearest to an embedding (D,), the nearest first."""
        distances = np.sqrt(self._squared_distances(self._project(features[np.newaxis]))[0])
        count = min(count, len(self))
        nearest = np.argpartition(distances, count - 1)[:count]
        nearest = nearest[np.argsort(distances[nearest], kind="stable")]
        return [Neighbor(int(position), float(distances[position] / self.unit)) for position in nearest]

    def place(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return map positions (M, 2) for embeddings (M, D): weighted means of those of the nearest digits."""
        squared = self._squared_distances(self._project(features))
        count = min(_MAP_NEIGHBORS, len(self))
        nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
        weights = 1 / (np.take_along_axis(squared, nearest, 1) + 1e-6 * self.unit**2)
        weights /= weights.sum(1, keepdims=True)
        return np.asarray((self.map[nearest] * weights[..., np.newaxis]).sum(1), np.float32)

    def distance(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
        """Return the distance between two embeddings (D,), in the unit of ``Neighbor.distance``."""
        return float(np.linalg.norm(self._project(first) - self._project(second)) / self.unit)

    def _project(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((features - self.mean) @ self.components.T, np.float32)

    def _squared_distances(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        products = vectors @ self._vectors.T
        lengths = np.einsum("mk,mk->m", vectors, vectors)[:, np.newaxis]
        return np.asarray(np.maximum(lengths + self._squared_lengths - 2 * products, 0), np.float32)


def load_index(name: str, models: Path) -> DigitIndex | None:
    """Load the index of the model ``name``, or return None if it has none.

    Raises ModelBroken if it is damaged or was made for other weights.
    """
    path = models / name / INDEX_FILE
    if not path.is_file():
        return None
    index = DigitIndex.read(path)
    features = models / name / FEATURES_FILE
    if not features.is_file() or str(index.version) != version_of(features):
        command = f"python -m digitrec index --model {name} --data DIR"
        raise ModelBroken(f"The index {path} belongs to other weights. Rebuild it with {command}.", path)
    return index
