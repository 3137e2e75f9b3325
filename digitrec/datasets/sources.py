"""Digits of people and sources that a model never saw, to measure it on.

Each goes through the very preprocessing the app uses. What is measured is whatever of these files lies in one folder:

- ``mnist.npz``: the test set of MNIST, as Keras publishes it
- ``pendigits-orig.tra.gz``: pen strokes of 30 writers (UCI, Pen-Based Recognition of Handwritten Digits, the original
  trajectories), of which the writers in ``HELD_OUT_WRITERS`` are measured and never trained on
- ``other-scans.npz``: scans of USPS, optdigits and Semeion, as ``usps_x``, ``usps_y`` and so on, ink bright
- ``photo-digits.zip``: photographs as ``LABEL/NNNN.png``; those whose number divides by 3 were looked at while the app
  was developed and are left out
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import MNIST_TEST, Digits, load_mnist
from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, PenDigit, load_held_out_pen_digits
from digitrec.errors import ImageError, MissingDataError
from digitrec.imaging.binarize import find_ink
from digitrec.imaging.decode import MAX_BYTES, decode_image
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.samples import CANVAS_SIDE

HELD_OUT_PEN_DIGITS = "Pen strokes, writers held out"
"""What the digits of the writers that no model is trained on are called among the sources."""

LabeledInk = tuple[NDArray[np.uint8], int]
"""Ink (height, width) and what digit it is."""

MIN_IMAGES = 20
"""Pictures of one's own that are enough to train on."""
_SCANS_FILE = "other-scans.npz"
_PHOTOS_FILE = "photo-digits.zip"
_DIGITS = frozenset("0123456789")


def load_available_sources(folder: Path) -> Iterator[tuple[str, Digits]]:
    """The name and the digits of every source whose file lies in the folder.

    Raises:
        DataMissing: the folder holds none of them, or one of them is damaged.
    """
    found = [name for name in SOURCES if source_file(name, folder).is_file()]
    if not found:
        raise MissingDataError(f"{folder} holds none of the files that a model is measured on, such as mnist.npz.")
    for name in found:
        yield name, load_source(name, folder)


def source_file(name: str, folder: Path) -> Path:
    """The file in the folder that holds the source of this name."""
    return folder / SOURCES[name][0]


def load_source(name: str, folder: Path, progress: Callable[[int], object] = lambda done: None) -> Digits:
    """The digits of the source of this name; ``progress`` is told how many are done.

    Raises:
        DataMissing: its file is not in the folder, or is damaged.
    """
    file, read = SOURCES[name]
    try:
        return normalize_digits(_told(read(folder), progress))
    except FileNotFoundError as error:
        raise MissingDataError(f"There is no {file} in {folder}.") from error
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, ImageError) as error:
        raise MissingDataError(f"{folder / file} is damaged or in another form: {error}") from error


def _told(inks: Iterator[LabeledInk], progress: Callable[[int], object]) -> Iterator[LabeledInk]:
    for done, ink in enumerate(inks):
        progress(done)
        yield ink


def _mnist_test(folder: Path) -> Iterator[LabeledInk]:
    test = load_mnist(folder)[1]
    return zip(test.images, test.labels, strict=True)


def _held_out_pens(folder: Path) -> Iterator[LabeledInk]:
    return render_inks(load_held_out_pen_digits(folder))


def _scans(name: str, folder: Path) -> Iterator[LabeledInk]:
    with np.load(folder / _SCANS_FILE) as arrays:
        return zip(arrays[f"{name}_x"], arrays[f"{name}_y"], strict=True)


def _photos(folder: Path) -> Iterator[LabeledInk]:
    with zipfile.ZipFile(folder / _PHOTOS_FILE) as photos:
        names = [PurePosixPath(name) for name in sorted(photos.namelist()) if name.endswith(".png")]
        for name in names:
            if int(name.stem) % 3:
                yield find_ink(decode_image(photos.read(str(name)))[0])[0], int(name.parent.name)


SOURCES: dict[str, tuple[str, Callable[[Path], Iterator[LabeledInk]]]] = {
    MNIST_TEST: ("mnist.npz", _mnist_test),
    HELD_OUT_PEN_DIGITS: (PEN_DIGITS_FILE, _held_out_pens),
    "USPS": (_SCANS_FILE, partial(_scans, "usps")),
    "optdigits": (_SCANS_FILE, partial(_scans, "optdigits")),
    "Semeion": (_SCANS_FILE, partial(_scans, "semeion")),
    "Photographs": (_PHOTOS_FILE, _photos),
}
"""The file of every source, by its name, and what reads the source from a folder with that file."""


def load_labeled_images(path: Path) -> Digits:
    """The pictures in a ZIP file, in a folder for each digit as the app exports them, read as uploads are.

    What lies in other folders is left out, and so are pictures that cannot be read or have no ink.

    Raises:
        DataMissing: there is no such file, it is no ZIP file, or there are too few pictures of digits in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            named = [
                (info, PurePosixPath(info.filename).parent.name)
                for info in archive.infolist()
                if info.file_size <= MAX_BYTES
            ]
            inks = [(_ink(archive.read(info)), int(label)) for info, label in named if label in _DIGITS]
    except (OSError, zipfile.BadZipFile) as error:
        raise MissingDataError(f"{path} is no ZIP file of pictures, as History exports it: {error}.") from error
    found = [(ink, label) for ink, label in inks if ink.any()]
    if len(found) < MIN_IMAGES:
        raise MissingDataError(
            f"{path} has {len(found)} pictures of digits, in folders named 0 to 9; it takes {MIN_IMAGES}."
        )
    return normalize_digits(found)


def _ink(picture: bytes) -> NDArray[np.uint8]:
    try:
        return find_ink(decode_image(picture)[0])[0]
    except ImageError:
        return np.zeros((1, 1), np.uint8)


def render_pen_digits(pens: Iterable[PenDigit]) -> Digits:
    """Pen digits as the canvas shows them, each through the preprocessing of the app."""
    return normalize_digits(render_inks(pens))


def render_inks(pens: Iterable[PenDigit]) -> Iterator[LabeledInk]:
    """The ink of pen digits as the canvas shows them, and what digit each is."""
    return ((render(pen.strokes, CANVAS_SIDE), pen.label) for pen in pens)


def normalize_digits(inks: Iterable[LabeledInk]) -> Digits:
    """Ink and what digit it is, each through the preprocessing of the app."""
    pairs = [(normalize(ink)[0] * 255, label) for ink, label in inks]
    if not pairs:
        raise ValueError("there are no digits")
    images, labels = zip(*pairs, strict=True)
    return Digits(np.round(images).astype(np.uint8), np.array(labels, np.uint8))
