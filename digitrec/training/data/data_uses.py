"""The uses of the collections of handwriting, for model cards."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from digitrec.datasets.handwriting import (
    IMAGE_FILES,
    LETTER_FILES,
    PEN_FILES,
    in_writers_part,
    load_images,
    load_symbols,
    load_writing,
)
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import load_pen_digits
from digitrec.datasets.table_cells import BLANK, load_cells
from digitrec.datasets.unipen import DIGITS_FILE, LETTERS_FILE, NUMBERS_FILE, WORDS_FILE, load_unipen
from digitrec.recognition.models.cards import DataUse

_UNIPEN = {
    "UNIPEN digits": DIGITS_FILE,
    "UNIPEN numbers": NUMBERS_FILE,
    "UNIPEN letters and symbols": LETTERS_FILE,
    "UNIPEN words": WORDS_FILE,
}


def data_uses(folder: Path, *, unipen: bool = True, others: bool = True) -> list[DataUse]:
    """Return how each collection in the folder except MNIST is used: how many samples in each part, by which writers.

    Without ``unipen``, all of UNIPEN is held out. ``others`` adds words and images without a digit.
    """
    name = "Pen-Based Recognition of Handwritten Digits"
    uses = [_by_writer(name, part, (str(pen.writer) for pen in load_pen_digits(folder, part))) for part in Part]
    for name, file in _UNIPEN.items():
        if file == WORDS_FILE and not others:
            continue
        for part in Part:
            use = part if unipen else Part.HELD_OUT
            uses.append(_by_writer(name, use, (sample.writer for sample in load_unipen(folder, file, part))))
    for name, file in (PEN_FILES | LETTER_FILES).items():
        writing = load_writing(folder, file)
        uses += [_by_writer(name, part, (sample.writer for sample in in_writers_part(writing, part))) for part in Part]
    for name, count in (*_digit_images(folder), *(_other_images(folder) if others else ())):
        uses += [DataUse(source=name, part=part, samples=count(part)) for part in Part]
    return [use for use in uses if use.samples]


def _digit_images(folder: Path) -> Iterator[tuple[str, Callable[[Part], int]]]:
    for name, file in IMAGE_FILES.items():
        yield name, lambda part, file=file: len(load_images(folder, file, part)[0])  # type: ignore[misc]
    yield "Sudoku cells with a digit", lambda part: sum(1 for _ in load_cells(folder, part))


def _other_images(folder: Path) -> Iterator[tuple[str, Callable[[Part], int]]]:
    yield "BHMSDS letters and symbols", lambda part: len(load_symbols(folder, part))
    yield "Empty sudoku cells", lambda part: sum(1 for _ in load_cells(folder, part, (BLANK,)))


def _by_writer(source: str, part: Part, writers: Iterable[str]) -> DataUse:
    names: Sequence[str] = list(writers)
    return DataUse(source=source, part=part, samples=len(names), writers=sorted(set(names)))
