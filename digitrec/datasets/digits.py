"""Labeled digits for training and evaluation, and MNIST."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported, open_archive
from digitrec.errors import MissingDataError

MNIST_TEST = "MNIST test"  # Name of the MNIST test set among the sources.
# The same file that keras.datasets.mnist downloads.
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"


@dataclass(frozen=True, slots=True)
class Digits:
    """Images of digits and their labels."""

    images: NDArray[np.uint8]  # (N, 28, 28), 0 = paper, 255 = ink
    labels: NDArray[np.uint8]  # (N,)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], int]]:
        return zip(self.images, self.labels.tolist(), strict=True)

    def take(self, index: NDArray[np.intp] | slice) -> "Digits":
        """Return the digits at these indices."""
        return Digits(self.images[index], self.labels[index])

    def sample(self, count: int, seed: int) -> "Digits":
        """Return at most ``count`` of the digits in random order."""
        return self.take(np.random.default_rng(seed).permutation(len(self))[:count])

    def repeat(self, count: int) -> "Digits":
        """Return the digits, over and over if there are fewer than ``count``."""
        return self.take(np.resize(np.arange(len(self)), max(len(self), count)))


NO_DIGITS = Digits(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))


def join(parts: Iterable[Digits]) -> Digits:
    """Concatenate the digits of all parts; without any parts, there are no digits."""
    images, labels = zip(*((part.images, part.labels) for part in (NO_DIGITS, *parts)), strict=True)
    return Digits(np.concatenate(images), np.concatenate(labels))


def load_mnist(folder: Path) -> tuple[Digits, Digits]:
    """Load the 60,000 training and 10,000 test digits of MNIST from ``mnist.npz``. Raises MissingDataError."""
    path = folder / "mnist.npz"
    if not path.is_file():
        raise MissingDataError(f"There is no mnist.npz in {folder}. Download it from {MNIST_URL}.")
    with damage_reported(path), open_archive(path), np.load(path) as arrays:
        return Digits(arrays["x_train"], arrays["y_train"]), Digits(arrays["x_test"], arrays["y_test"])


def split(digits: Digits, share: float, seed: int) -> tuple[Digits, Digits]:
    """Split digits randomly into two parts. The second holds ``share`` (0 to 1) of them."""
    order = np.random.default_rng(seed).permutation(len(digits))
    cut = len(digits) - round(share * len(digits))
    return digits.take(order[:cut]), digits.take(order[cut:])


def scale_to_unit(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale images (N, 28, 28) from 0 to 255 to the range [0, 1] that networks expect."""
    return images.astype(np.float32) / np.float32(255)
