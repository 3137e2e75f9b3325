"""Sets of digits that networks are trained and measured on."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import MissingDataError

MNIST_TEST = "MNIST test"
"""What the test set of MNIST is called among the sources a model is measured on."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Pictures of digits and what they are."""

    images: NDArray[np.uint8]  # (N, 28, 28), 0 = paper, 255 = ink
    labels: NDArray[np.uint8]  # (N,)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: NDArray[np.intp]) -> "Digits":
        """The digits at these positions."""
        return Digits(self.images[index], self.labels[index])


def load_mnist(folder: Path) -> tuple[Digits, Digits]:
    """The 60,000 training and the 10,000 test digits of MNIST, from ``mnist.npz`` in ``folder``.

    Raises:
        DataMissing: the folder holds no ``mnist.npz``, or it is not the file Keras publishes.
    """
    path = folder / "mnist.npz"
    if not path.is_file():
        raise MissingDataError(f"There is no mnist.npz in {folder}. Leave --data out to have Keras download it.")
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            train = Digits(arrays["x_train"], arrays["y_train"])
            test = Digits(arrays["x_test"], arrays["y_test"])
    except (OSError, EOFError, BadZipFile, KeyError, ValueError, TypeError) as error:
        raise MissingDataError(f"{path} is not the mnist.npz that Keras publishes: {error}") from error
    return train, test


def split(digits: Digits, share: float, seed: int) -> tuple[Digits, Digits]:
    """These digits in two random parts, the second holding ``share`` (0 to 1) of them."""
    order = np.random.default_rng(seed).permutation(len(digits))
    cut = len(digits) - round(share * len(digits))
    return digits.take(order[:cut]), digits.take(order[cut:])


def concatenate(*parts: Digits) -> Digits:
    """The digits of several sets, one set after the other."""
    return Digits(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def scale_to_unit(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures (N, 28, 28) as a network takes them: the same shape in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)
