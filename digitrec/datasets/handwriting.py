"""Collections of strokes and small images in the folder ``handwriting``: NumPy archives, each of them optional.

- ``strokes/skahl-digits.npz``, ``strokes/uji1-digits.npz``: digits written on tablets
- ``images/bhmsds-digits.npz``, ``swiss-16x16.npz``, ``nsysu-digits.npz``, ``hwd1000.npz``: images of digits
- ``negatives/uji1-letters.npz``, ``omniglot.npz``: strokes of letters; ``bhmsds-symbols.npz``: images of symbols

Those of UNIPEN are read by ``digitrec.datasets.unipen``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported, open_archive
from digitrec.datasets.parts import Part, in_part, parts_by_writer
from digitrec.datasets.pen_strokes import PenDigit, on_canvas

FOLDER = "handwriting"

PEN_FILES = {"Kahl digits": "strokes/skahl-digits.npz", "UJI digits": "strokes/uji1-digits.npz"}
"""Files with strokes of digits, by name of the collection."""

IMAGE_FILES = {
    "BHMSDS": "images/bhmsds-digits.npz",
    "Swiss": "images/swiss-16x16.npz",
    "NSYSU": "images/nsysu-digits.npz",
    "HWD1000": "images/hwd1000.npz",
}
"""Files with images of digits, by name of the collection."""

LETTER_FILES = {"UJI letters": "negatives/uji1-letters.npz", "Omniglot": "negatives/omniglot.npz"}
"""Files with strokes of letters, by name of the collection."""

SYMBOLS_FILE = "negatives/bhmsds-symbols.npz"

LOOK_LIKE_DIGITS = frozenset("OoQDIlijJSsZzBbqgG|/\\!()[]',`.:;") | {"slash", "dot", "z"}
"""Letters and symbols that are often written exactly like a digit; they are left out of training and evaluation."""

Points = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Writing:
    """The strokes of one piece of writing, with the points (N, 2) of each stroke, y pointing down."""

    label: str
    writer: str
    strokes: list[Points]
    content: str = ""  # What was written, with spaces and symbols, if the file says so.


def load_writing(folder: Path, file: str, part: Part, earlier: Sequence[str] = ()) -> list[Writing]:
    """Load what the writers of a part wrote; return nothing if the file is missing.

    A writer belongs to the same part in all files of a collection: those of the ``earlier`` files get their parts
    first, so that adding a file doesn't change them. Raises MissingDataError if a file is damaged.
    """
    parts: dict[str, Part] = {}
    for name in (*earlier, file):
        writing = _load_strokes(folder, name)
        parts |= parts_by_writer({sample.writer for sample in writing} - parts.keys())
    return [sample for sample in writing if parts[sample.writer] is part]


def _load_strokes(folder: Path, file: str) -> list[Writing]:
    """Load a file of strokes.

    Arrays: the points ``xy`` (N, 2), the first point of each stroke ``stroke_ptr``, the first stroke of each sample
    ``sample_ptr``, ``label`` and ``writer`` of each sample, and possibly its content ``sub``.
    """
    names = "xy", "stroke_ptr", "sample_ptr", "label", "writer"
    arrays = _load_arrays(folder / FOLDER / file, names, optional="sub")
    if not arrays:
        return []
    strokes = np.split(arrays["xy"].astype(float), arrays["stroke_ptr"][1:-1])
    starts, contents = arrays["sample_ptr"].tolist(), arrays.get("sub", np.full(len(arrays["label"]), ""))
    samples = zip(arrays["label"], arrays["writer"], starts[:-1], starts[1:], contents, strict=True)
    return [
        Writing(str(label), str(writer), strokes[start:stop], str(content))
        for label, writer, start, stop, content in samples
    ]


def pen_digits(writing: list[Writing]) -> list[PenDigit]:
    """Return digits as if they had been drawn on the canvas."""
    return [PenDigit(int(sample.label), sample.writer, on_canvas(sample.strokes)) for sample in writing]


def load_pens(folder: Path, part: Part) -> list[PenDigit]:
    """Load the digits of ``PEN_FILES`` that belong to a part; raises MissingDataError if a file is damaged."""
    return [pen for file in PEN_FILES.values() for pen in pen_digits(load_writing(folder, file, part))]


def load_letters(folder: Path, part: Part) -> dict[str, list[list[Points]]]:
    """Load the letters of a part that don't look like a digit, grouped by the collections in ``LETTER_FILES``."""
    return {
        name: [sample.strokes for sample in load_writing(folder, file, part) if sample.label not in LOOK_LIKE_DIGITS]
        for name, file in LETTER_FILES.items()
    }


def load_images(folder: Path, file: str, part: Part) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Load the images (N, height, width) of a part, bright ink on 0, and their labels (N,).

    The part of an image depends on its ``index`` among those of the same label or, without one, on its position. Both
    arrays are empty if there is no such file. Raises MissingDataError if it is damaged.
    """
    arrays = _load_arrays(folder / FOLDER / file, ("x", "y"), optional="index")
    if not arrays:
        return np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.str_)
    labels = arrays["y"].astype(np.str_)
    numbers = pd.Series(labels).groupby(labels).cumcount()
    index = pd.Series(arrays["index"].astype(int)) if "index" in arrays else numbers
    count = index.groupby(labels).transform("max") + 1
    chosen = in_part(index.to_numpy(), count.to_numpy(), part)
    return arrays["x"][chosen], labels[chosen]


def load_symbols(folder: Path, part: Part) -> NDArray[np.uint8]:
    """Load the images (N, 28, 28) of letters and symbols that belong to a part and don't look like a digit."""
    images, labels = load_images(folder, SYMBOLS_FILE, part)
    return images[~np.isin(labels, sorted(LOOK_LIKE_DIGITS))]


def _load_arrays(path: Path, names: tuple[str, ...], optional: str) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        return {}
    with damage_reported(path), open_archive(path), np.load(path) as arrays:
        found = {optional: arrays[optional]} if optional in arrays else {}
        return found | {name: arrays[name] for name in names}
