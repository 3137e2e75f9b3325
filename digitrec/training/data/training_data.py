"""Training and validation data for the everyhand and line models."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from digitrec.datasets.digits import MNIST_URL, Digits, join, load_mnist, split
from digitrec.datasets.handwriting import FOLDER, IMAGE_FILES, Writing, load_letters, load_pens, load_symbols
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PenDigit, load_pen_digits
from digitrec.datasets.sources import digit_images, normalize_digits, render_pen_digits
from digitrec.datasets.unipen import (
    UNIPEN_FILES,
    load_unipen_digits,
    load_unipen_letters,
    load_unipen_numbers,
    load_unipen_words,
)
from digitrec.errors import MissingDataError
from digitrec.prediction import KINDS, NON_DIGIT, Kind
from digitrec.training.augmentation.strokes import augment_strokes
from digitrec.training.data.cells import capture_cells
from digitrec.training.data.examples import Material

MNIST_LICENSE = "MIT; trained on MNIST (Yann LeCun, Corinna Cortes and Christopher J. C. Burges, CC BY-SA 3.0)"
LICENSE = (
    f"{MNIST_LICENSE} and Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI, CC BY 4.0)"
)
HANDWRITING_CREDITS = (
    "digits by Sebastian Kahl (Apache-2.0), UJI Pen Characters (Llorens et al., CC BY 4.0), BHMSDS (wblachowski, MIT), "
    "Swiss digits (kensanata/numbers by Alex Schroeder, MIT), NSYSU (Hong, Lin and Pan, ODbL), HWD1000 (Niklas "
    "Henning, MIT), sudoku cells (Alex Kubiesa, MIT), Omniglot (Brenden Lake, MIT)"
)
UNIPEN_CREDIT = "UNIPEN train_r01_v07 (International Unipen Foundation, CC BY 4.0)"
_MIN_COLLECTION = 2500  # Smaller collections of images are repeated.
_VARIATIONS = 3  # Augmented copies of each pen digit for validation.
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The digits a model is trained on, and those on which its temperature and thresholds are chosen."""

    material: Material
    validation_scans: Digits
    validation_pens: list[PenDigit]
    validation_numbers: list[Writing]
    """Numbers written as a whole, of digits only."""
    validation_sets: list[Digits]
    """Network inputs: the validation scans, the validation pen digits of each collection, and augmented ones."""
    license: str

    @property
    def pens_text(self) -> str:
        """Describe the pen digits for a model card."""
        pens = self.material.pens
        return f"{len(pens):,} pen digits by {len({pen.writer for pen in pens})} writers"

    @property
    def validation_text(self) -> str:
        """Describe the validation digits for a model card."""
        writers = len({pen.writer for pen in self.validation_pens})
        pens = f"{len(self.validation_pens):,} pen digits by {writers} other writers"
        return f"{len(self.validation_scans):,} other MNIST digits and {pens}"


def load_training_data(data: Path, seed: int, *, unipen: bool = True) -> TrainingData:
    """Load the data from a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, without the held-out writers.

    Any collections in its folder ``handwriting`` are used too, UNIPEN only if ``unipen`` is true. One twelfth
    of MNIST's training digits and the pen digits of some writers are set aside for validation. Raises
    MissingDataError.
    """
    scans, validation_scans = split(load_mnist(data)[0], 1 / 12, seed)
    parts = Part.TRAINING, Part.VALIDATION
    pens, validation_pens = (load_pen_digits(data, part) for part in parts)
    other_pens, other_validation_pens = (
        load_pens(data, part) + (load_unipen_digits(data, part) if unipen else []) for part in parts
    )
    numbers, validation_numbers = (load_unipen_numbers(data, part) if unipen else [] for part in parts)
    random = np.random.default_rng(seed)
    copies = [pen for pen in validation_pens for _ in range(_VARIATIONS)] + other_validation_pens
    validation_sets = [
        normalize_digits(validation_scans),
        render_pen_digits(validation_pens),
        *([render_pen_digits(other_validation_pens)] if other_validation_pens else []),
        normalize_digits((augment_strokes(pen.points(), random), pen.label) for pen in copies),
    ]
    images = [normalize_digits(digit_images(file, Part.TRAINING, data)) for file in IMAGE_FILES.values()]
    captured, empty = capture_cells(data, pens + other_pens, seed)
    letters = list(chain.from_iterable(load_letters(data, Part.TRAINING).values()))
    if unipen:
        letters += load_unipen_letters(data, Part.TRAINING) + load_unipen_words(data, Part.TRAINING)
    symbols = load_symbols(data, Part.TRAINING)
    letter = np.full(len(symbols), KINDS.index(Kind.LETTER), np.uint8)
    material = Material(
        scans,
        pens + other_pens,
        join(digits.repeat(_MIN_COLLECTION) for digits in (*images, *captured) if len(digits)),
        letters,
        numbers,
        join([empty, normalize_digits(Digits(symbols, letter))]),
    )
    has_unipen = unipen and any((data / FOLDER / file).is_file() for file in UNIPEN_FILES.values())
    credits = (HANDWRITING_CREDITS,) * (data / FOLDER).is_dir() + (UNIPEN_CREDIT,) * has_unipen
    return TrainingData(
        material,
        validation_scans,
        validation_pens + other_validation_pens,
        [number for number in validation_numbers if NON_DIGIT not in number.label],
        validation_sets,
        "; ".join((LICENSE, *credits)),
    )


def data_folder(folder: Path | None) -> Path:
    """Return the given folder, or one to which Keras has downloaded ``mnist.npz``; raises MissingDataError."""
    if folder:
        return folder
    from keras.utils import get_file

    try:
        return Path(get_file("mnist.npz", MNIST_URL, file_hash=_SHA256)).parent
    except Exception as error:  # Keras raises bare exceptions if a download fails.
        message = (
            f"Couldn't download MNIST: {error}. Use --data or, in the app, the setting DIGITREC_DATASETS with a folder "
            "that holds mnist.npz."
        )
        raise MissingDataError(message) from error
