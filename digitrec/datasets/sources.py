"""Digits from writers and sources that no model was trained on, for evaluation.

Every image goes through the app's own preprocessing. The sources are read from one folder; each of these files is
optional:

- ``mnist.npz``: the test set of MNIST, as published by Keras
- ``pendigits-orig.tra.gz``: pen strokes of 30 writers (UCI Pen-Based Recognition of Handwritten Digits, original
  trajectories), of which the writers in ``HELD_OUT_WRITERS`` are used
- ``other-scans.npz``: scans of USPS, optdigits and Semeion as ``usps_x``, ``usps_y`` and so on, with bright ink
- ``handwriting/``: writers and images that ``digitrec.datasets.parts`` holds out, and sudoku cells of the *test* split
- ``photo-digits.zip``: photos as ``LABEL/NNNN.png``; numbers divisible by 3 are skipped, because those photos were used
  during development
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported, open_archive
from digitrec.datasets.digits import MNIST_TEST, NO_DIGITS, Digits, load_mnist
from digitrec.datasets.handwriting import FOLDER, IMAGE_FILES, load_images
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, PenDigit, load_pen_digits
from digitrec.datasets.table_cells import CELLS_FILE, load_cells
from digitrec.datasets.unipen import DIGITS_FILE, load_unipen_digits
from digitrec.errors import ImageError, MissingDataError
from digitrec.imaging.files.decode import MAX_BYTES, decode_image
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.prediction import DIGITS
from digitrec.samples import CANVAS_SIDE

HELD_OUT_PEN_DIGITS = "Pen strokes (held-out writers)"  # Name of the pen digits of held-out writers among the sources.

LabeledInk = tuple[NDArray[np.uint8], int]  # Ink (height, width) and its label.

Source = tuple[str, Callable[[Path], Iterator[LabeledInk]]]  # A file, and the function that reads it from a folder.

MIN_IMAGES = 20  # Fewest images of your own that a model can be fine-tuned on.
_SCANS_FILE = "other-scans.npz"
_PHOTOS_FILE = "photo-digits.zip"


def load_available_sources(folder: Path, part: Part = Part.HELD_OUT) -> Iterator[tuple[str, Digits]]:
    """Yield the name and the digits of every source whose file is in the folder.

    ``part`` selects held-out or validation data. Raises MissingDataError if the folder has none of the files, or if one
    of them is damaged.
    """
    available = {name: source for name, source in _sources(part).items() if (folder / source[0]).is_file()}
    if not available:
        raise MissingDataError(f"There is no test data in {folder}, such as mnist.npz.")
    for name, source in available.items():
        yield name, _load(source, folder)


def source_file(name: str, folder: Path) -> Path:
    """Return the path of a source's file in the folder."""
    return folder / SOURCES[name][0]


def load_source(name: str, folder: Path) -> Digits:
    """Load the digits of a source; raises MissingDataError if its file is missing or damaged."""
    return _load(SOURCES[name], folder)


def _load(source: Source, folder: Path) -> Digits:
    file, read = source
    with damage_reported(folder / file):
        if not len(digits := normalize_digits(read(folder))):
            raise ValueError("there are no digits")
    return digits


def _scans(name: str, folder: Path) -> Iterator[LabeledInk]:
    with open_archive(folder / _SCANS_FILE), np.load(folder / _SCANS_FILE) as arrays:
        return iter(Digits(arrays[f"{name}_x"], arrays[f"{name}_y"]))


def _photos(folder: Path) -> Iterator[LabeledInk]:
    with open_archive(folder / _PHOTOS_FILE) as photos:
        names = [PurePosixPath(name) for name in sorted(photos.namelist()) if name.endswith(".png")]
        for name in names:
            if int(name.stem) % 3:
                yield find_ink(decode_image(photos.read(str(name)))[0])[0], int(name.parent.name)


def digit_images(file: str, part: Part, folder: Path) -> Iterator[LabeledInk]:
    """Return a part of the images in one of the ``IMAGE_FILES``; nothing if it is missing."""
    images, labels = load_images(folder, file, part)
    return zip(images, labels.astype(int), strict=True)


def _cells(part: Part, folder: Path) -> Iterator[LabeledInk]:
    return ((find_ink(cell)[0], int(label)) for cell, label in load_cells(folder, part))


def _sources(part: Part) -> dict[str, Source]:
    kind = part.replace(" ", "-")
    pens = PEN_DIGITS_FILE, lambda folder: _render(load_pen_digits(folder, part))
    unipen = f"{FOLDER}/{DIGITS_FILE}", lambda folder: _render(load_unipen_digits(folder, part))
    sources: dict[str, Source] = {f"Pen strokes ({kind} writers)": pens}
    if part is Part.HELD_OUT:
        sources = {MNIST_TEST: ("mnist.npz", lambda folder: iter(load_mnist(folder)[1]))} | sources
        for name in ("USPS", "optdigits", "Semeion"):
            sources[name] = _SCANS_FILE, partial(_scans, name.lower())
        sources["Photos"] = _PHOTOS_FILE, _photos
    sources[f"UNIPEN ({kind} writers)"] = unipen
    for name, file in IMAGE_FILES.items():
        sources[f"{name} ({kind} images)"] = f"{FOLDER}/{file}", partial(digit_images, file, part)
    sources[f"Sudoku cells ({kind} puzzles)"] = f"{FOLDER}/{CELLS_FILE}", partial(_cells, part)
    return sources


SOURCES = _sources(Part.HELD_OUT)
"""The file of each source by name, and the function that reads it from a folder."""


def load_labeled_images(path: Path) -> Digits:
    """Load the images in a ZIP file with one folder per digit, as exported by the app.

    Other folders are skipped, and so are images that can't be decoded or have no ink. Raises MissingDataError if the
    file can't be read, is not a ZIP file, is encrypted, is too large when unpacked, or has too few images of digits.
    """
    inks: list[LabeledInk] = []
    try:
        with open_archive(path) as archive:
            for info in archive.infolist():
                label = PurePosixPath(info.filename).parent.name
                if label in DIGITS and info.file_size <= MAX_BYTES:
                    with suppress(ImageError):
                        inks.append((find_ink(decode_image(archive.read(info))[0])[0], int(label)))
    except (OSError, BadZipFile) as error:
        raise MissingDataError(f"{path} can't be read as a ZIP file of images from the history: {error}.") from error
    inks = [(ink, label) for ink, label in inks if ink.any()]
    if len(inks) < MIN_IMAGES:
        message = f"Fine-tuning takes at least {MIN_IMAGES} images in folders named 0 to 9. {path} has {len(inks)}."
        raise MissingDataError(message)
    return normalize_digits(inks)


def render_pen_digits(pens: Iterable[PenDigit]) -> Digits:
    """Render pen digits as on the canvas and preprocess them."""
    return normalize_digits(_render(pens))


def _render(pens: Iterable[PenDigit]) -> Iterator[LabeledInk]:
    return ((render(pen.strokes, CANVAS_SIDE), pen.label) for pen in pens)


def normalize_digits(inks: Iterable[LabeledInk]) -> Digits:
    """Preprocess labeled ink to images of 28×28 pixels."""
    pairs = [(normalize(ink)[0] * 255, label) for ink, label in inks]
    if not pairs:
        return NO_DIGITS
    images, labels = zip(*pairs, strict=True)
    return Digits(np.round(images).astype(np.uint8), np.array(labels, np.uint8))
