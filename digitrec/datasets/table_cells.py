"""Photographed cells of sudoku puzzles (Alex Kubiesa), with borders and shadows: ``images/sudoku-cells.zip``.

The archive has a folder for each digit with ``SPLIT-NNNNN.jpg``, dark on light, where the split is ``train``, ``val``
or ``test``. No puzzle is in two splits. ``blank`` holds empty cells. Other folders are left out.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported, open_archive
from digitrec.datasets.handwriting import FOLDER
from digitrec.datasets.parts import Part
from digitrec.imaging.files.decode import decode_image
from digitrec.prediction import DIGITS

CELLS_FILE = "images/sudoku-cells.zip"
BLANK = "blank"
_SPLITS = {Part.TRAINING: "train", Part.VALIDATION: "val", Part.HELD_OUT: "test"}


def load_cells(folder: Path, part: Part, labels: tuple[str, ...] = DIGITS) -> Iterator[tuple[NDArray[np.uint8], str]]:
    """Yield the brightness (height, width) and the label of each cell of a part; yield nothing if the file is missing.

    Raises MissingDataError if the file is damaged.
    """
    path = folder / FOLDER / CELLS_FILE
    if not path.is_file():
        return
    with damage_reported(path), open_archive(path) as archive:
        for name in map(PurePosixPath, sorted(archive.namelist())):
            if name.parent.name in labels and name.name.startswith(f"{_SPLITS[part]}-"):
                yield decode_image(archive.read(str(name)))[0], name.parent.name
