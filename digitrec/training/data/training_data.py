"""Training and validation data of the everyhand and line models."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitrec.datasets.digits import Digits, load_mnist, split
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS, VALIDATION_WRITERS, PenDigit, load_pen_digits
from digitrec.datasets.sources import normalize_digits, render_pen_digits
from digitrec.errors import MissingDataError
from digitrec.training.augmentation.strokes import augment_strokes

MNIST_LICENSE = "MIT; trained on MNIST (Yann LeCun and Corinna Cortes, CC BY-SA 3.0)"
LICENSE = (
    f"{MNIST_LICENSE} and Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI, CC BY 4.0)"
)
_VARIATIONS = 3
"""Augmented copies of each pen digit for validation."""
# The same file that keras.datasets.mnist downloads.
_MNIST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The digits a model is trained on, and those that choose its temperature and thresholds."""

    scans: Digits
    pens: list[PenDigit]
    validation_scans: Digits
    validation_pens: list[PenDigit]
    validation_sets: list[Digits]
    """Network inputs: the validation scans, the validation pen digits, and those pen digits augmented."""

    @property
    def pens_text(self) -> str:
        """Describe the pen digits for a model card."""
        return f"{len(self.pens):,} pen digits by {len({pen.writer for pen in self.pens})} writers"

    @property
    def validation_text(self) -> str:
        """Describe the validation digits for a model card."""
        writers = len({pen.writer for pen in self.validation_pens})
        pens = f"{len(self.validation_pens):,} pen digits by {writers} other writers"
        return f"{len(self.validation_scans):,} other MNIST digits and {pens}"


def load_training_data(data: Path, seed: int) -> TrainingData:
    """Load the data from a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, without the held-out writers.

    One twelfth of MNIST's training digits and the pen digits of three writers are set aside for validation. Raises
    MissingDataError.
    """
    scans, validation_scans = split(load_mnist(data)[0], 1 / 12, seed)
    pens = [pen for pen in load_pen_digits(data) if pen.writer not in HELD_OUT_WRITERS]
    validation_pens = [pen for pen in pens if pen.writer in VALIDATION_WRITERS]
    random = np.random.default_rng(seed)
    copies = [pen for pen in validation_pens for _ in range(_VARIATIONS)]
    validation_sets = [
        normalize_digits(zip(validation_scans.images, validation_scans.labels, strict=True)),
        render_pen_digits(validation_pens),
        normalize_digits((augment_strokes(pen.points(), random), pen.label) for pen in copies),
    ]
    training_pens = [pen for pen in pens if pen.writer not in VALIDATION_WRITERS]
    return TrainingData(scans, training_pens, validation_scans, validation_pens, validation_sets)


def data_folder(folder: Path | None) -> Path:
    """Return the given folder, or one to which Keras has downloaded ``mnist.npz``; raises MissingDataError."""
    if folder:
        return folder
    from keras.utils import get_file

    try:
        return Path(get_file("mnist.npz", _MNIST, file_hash=_SHA256)).parent
    except Exception as error:  # Keras raises bare exceptions if a download fails.
        message = f"MNIST can't be downloaded: {error}. Use --data with a folder that holds mnist.npz."
        raise MissingDataError(message) from error
