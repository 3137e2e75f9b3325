"""The uses of the collections of handwriting, for model cards."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from digitrec.datasets.handwriting import (
    IMAGE_FILES,
    LETTER_FILES,
    PEN_FILES,
    Writing,
    load_images,
    load_symbols,
    load_writing,
)
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PenDigit, load_pen_digits
from digitrec.datasets.table_cells import BLANK, load_cells
from digitrec.datasets.unipen import UNIPEN_FILES, load_unipen
from digitrec.recognition.models.cards import DataUse


def data_uses(folder: Path, *, unipen: bool = True, others: bool = True) -> list[DataUse]:
    """Return how each collection in the folder except MNIST is used: how many samples in each part, by which writers.

    Without ``unipen``, all of UNIPEN is held out. ``others`` adds words and images without a digit.
    """
    by_writer: dict[str, Callable[[Part], Sequence[PenDigit | Writing]]] = {
        "Pen-Based Recognition of Handwritten Digits": partial(load_pen_digits, folder),
        **{name: partial(load_unipen, folder, file) for name, file in UNIPEN_FILES.items()},
        **{name: partial(load_writing, folder, file) for name, file in (PEN_FILES | LETTER_FILES).items()},
    }
    images: dict[str, Callable[[Part], Iterable[object]]] = {
        **{name: partial(_labels, folder, file) for name, file in IMAGE_FILES.items()},
        "Sudoku cells with a digit": partial(load_cells, folder),
    }
    if others:
        images["BHMSDS letters and symbols"] = partial(load_symbols, folder)
        images["Empty sudoku cells"] = partial(load_cells, folder, labels=(BLANK,))
    else:
        del by_writer["UNIPEN words"]
    uses = []
    for name, load in by_writer.items():
        for part in Part:
            writers = [str(sample.writer) for sample in load(part)]
            use = Part.HELD_OUT if name in UNIPEN_FILES and not unipen else part
            uses.append(DataUse(source=name, part=use, samples=len(writers), writers=sorted(set(writers))))
    for name, read in images.items():
        uses += [DataUse(source=name, part=part, samples=sum(1 for _ in read(part))) for part in Part]
    return [use for use in uses if use.samples]


def _labels(folder: Path, file: str, part: Part) -> Iterable[object]:
    return load_images(folder, file, part)[1]
