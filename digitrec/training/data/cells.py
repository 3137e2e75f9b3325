"""Table cells for training: photographed ones, pen digits written into empty ones, and empty ones to reject."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import NO_DIGITS, Digits
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.datasets.sources import LabeledInk, normalize_digits
from digitrec.datasets.table_cells import BLANK, load_cells
from digitrec.imaging.ink.binarize import find_ink
from digitrec.prediction import KINDS, Kind
from digitrec.server.cores import available_cores
from digitrec.training.augmentation.photos import Paper, simulate_photo, write_in_cell
from digitrec.training.augmentation.strokes import Points, Random

_WRITTEN_CELLS, _PHOTOS = 2000, 600
"""How many pen digits are written into empty cells, and how many into simulated photos."""
_PARTS = 16


def capture_cells(data: Path, pens: list[PenDigit], seed: int) -> tuple[list[Digits], Digits]:
    """Return network inputs from photographed cells, pen digits in cells and simulated photos; and from empty cells.

    The labels of the empty cells are the position of ``Kind.SCRIBBLE``. Nothing is returned without photographed
    cells.
    """
    cells = list(load_cells(data, Part.TRAINING))
    if not cells:
        return [], NO_DIGITS
    blanks = [cell for cell, _ in load_cells(data, Part.TRAINING, (BLANK,))]
    scribble = KINDS.index(Kind.SCRIBBLE)
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(pens))[: _WRITTEN_CELLS + _PHOTOS]
    strokes = [(pens[index].points(), pens[index].label) for index in chosen]
    with ProcessPoolExecutor(available_cores(), get_context("spawn"), cv2.setNumThreads, (1,)) as workers:
        photographed = workers.map(_ink, [cell for cell, _ in cells], [int(label) for _, label in cells], chunksize=64)
        empty = workers.map(_ink, blanks, [scribble] * len(blanks), chunksize=64)
        parts = [strokes[part::_PARTS] for part in range(_PARTS)]
        generators = random.spawn(_PARTS)
        captured = workers.map(_capture, parts, [blanks] * _PARTS, generators)
        return [
            _normalize(photographed),
            _normalize(chain.from_iterable(captured)),
        ], _normalize((ink, label) for ink, label in empty if not _looks_like_one(ink))


def _capture(
    strokes: list[tuple[list[Points], int]], blanks: list[NDArray[np.uint8]], random: Random
) -> list[LabeledInk]:
    papers = list(Paper)
    inks = []
    for number, (points, label) in enumerate(strokes):
        if blanks and number < len(strokes) * _WRITTEN_CELLS / (_WRITTEN_CELLS + _PHOTOS):
            photo = write_in_cell(points, blanks[int(random.integers(len(blanks)))], random)
        else:
            photo = simulate_photo(points, papers[number % len(papers)], random)
        inks.append(_ink(photo, label))
    return inks


def _looks_like_one(ink: NDArray[np.uint8]) -> bool:
    """Return whether what is left of a border could be mistaken for a 1."""
    columns = np.flatnonzero(ink.any(0))
    rows = np.flatnonzero(ink.any(1))
    return bool(columns.size and np.ptp(columns) < 0.4 * np.ptp(rows))


def _ink(gray: NDArray[np.uint8], label: int) -> LabeledInk:
    return find_ink(gray)[0], label


def _normalize(inks: Iterable[LabeledInk]) -> Digits:
    return normalize_digits((ink, label) for ink, label in inks if ink.any())
