"""Test lines from writers and sources that no model was trained on, and lines that are not a number."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.archives import damage_reported, open_archive
from digitrec.datasets.digits import NO_DIGITS, load_mnist
from digitrec.datasets.handwriting import FOLDER, Writing
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, PenDigit, group_by_writer, load_pen_digits
from digitrec.datasets.sources import HELD_OUT_PEN_DIGITS
from digitrec.datasets.table_cells import BLANK, CELLS_FILE, load_cells
from digitrec.datasets.unipen import load_unipen_numbers
from digitrec.errors import MissingDataError
from digitrec.imaging.files.decode import WORKING_SIDE, decode_image
from digitrec.imaging.line.detection import HandwrittenLine, find_line, line_from_drawing
from digitrec.imaging.strokes import smooth_curve
from digitrec.prediction import DIGITS
from digitrec.training.augmentation.lines import MAX_OVERLAP, LineGenerator, LineSample
from digitrec.training.augmentation.photos import Paper, blank_paper, simulate_photo
from digitrec.training.augmentation.strokes import Points, Random, bounds, draw

Lines = Iterable[tuple[HandwrittenLine, str]]  # Lines and their texts.

CHECKS = "Bank checks (ORAND-CAR-A)"
STRINGS_FILE = "number-strings.zip"
_LENGTHS = 2, 8  # The fewest and the most digits of a line.
LINES = 1000  # How many lines are generated for each source.
_PHOTOS = 600
_NON_NUMBERS = 300
_DIGIT_HEIGHT = 80
_BRUSH = 8.0
_MAX_GAP, _MAX_TOUCH = 8.0, 2.0


def line_sources(folder: Path) -> Iterator[tuple[str, Lines]]:
    """Yield the name and the lines of every source whose file is in the folder.

    Pictures of ``number-strings.zip`` (named ``NNNN_DIGITS.png``) whose number is divisible by 3 were used during
    development and are left out. Raises MissingDataError if there are no files, or if one of them is damaged.
    """
    random = np.random.default_rng(0)
    numbers = load_unipen_numbers(folder, Part.HELD_OUT)
    files = [name for name in ("mnist.npz", PEN_DIGITS_FILE, STRINGS_FILE) if (folder / name).is_file()]
    if not files and not numbers:
        raise MissingDataError(f"There is no test data in {folder}, such as mnist.npz.")
    if "mnist.npz" in files:
        test = load_mnist(folder)[1]
        generator = LineGenerator(test, ())
        yield "MNIST test, squares overlapping by 0 to 40%", scan_lines(generator.tiles, LINES, random)
        yield "MNIST test, ink overlapping by 0 to 40%", scan_lines(generator.overlapping, LINES, random)
        yield "MNIST test, five digits without overlap", scan_lines(generator.tiles, LINES, random, 0, (5, 5))
    if PEN_DIGITS_FILE in files:
        pens = load_pen_digits(folder, Part.HELD_OUT)
        yield HELD_OUT_PEN_DIGITS, pen_lines(pens, LINES, random)
        yield "Pen strokes, single digits", pen_lines(pens, LINES, random, (1, 1))
        yield "Pen strokes, simulated photos", photo_lines(pens, _PHOTOS, random)
    if numbers:
        yield "UNIPEN numbers (held-out writers)", written_numbers(numbers)
    if (folder / FOLDER / CELLS_FILE).is_file():
        yield "Sudoku cells, single digits", _cells(folder, DIGITS)
    if STRINGS_FILE in files:
        yield CHECKS, _check_amounts(folder / STRINGS_FILE)


def scan_lines(
    compose: Callable[[Random, NDArray[np.float64]], LineSample],
    count: int,
    random: Random,
    max_overlap: float = MAX_OVERLAP,
    digits: tuple[int, int] = _LENGTHS,
) -> Lines:
    """Yield lines that ``compose`` makes of scans, each overlapping the last by a share up to ``max_overlap``."""
    for _ in range(count):
        length = int(random.integers(digits[0], digits[1] + 1))
        line = compose(random, random.uniform(0, max_overlap, length - 1))
        yield line_from_drawing(line.ink), line.text


def pen_lines(pens: Sequence[PenDigit], count: int, random: Random, digits: tuple[int, int] = _LENGTHS) -> Lines:
    """Yield lines as drawn on the canvas, each by one writer, with digits from 8 pixels apart to slightly touching."""
    for strokes, text in _numbers(pens, count, random, digits):
        yield _drawn(strokes), text


def written_numbers(numbers: Sequence[Writing]) -> Lines:
    """Yield numbers written as a whole, as drawn on the canvas, with digits 80 pixels high."""
    for number in numbers:
        low, high = bounds(number.strokes)
        scale = _DIGIT_HEIGHT / max(high[1] - low[1], 0.08 * (high[0] - low[0]), 1e-6)
        yield _drawn([(stroke - low) * scale + 20 for stroke in number.strokes]), number.label


def _drawn(strokes: list[Points]) -> HandwrittenLine:
    """Return the line of strokes in pixels, with margins on the right and the bottom like those on the other sides."""
    low, high = bounds(strokes)
    width, height = np.ceil(high + low).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        draw(ink, smooth_curve(stroke.tolist()), _BRUSH)
    return line_from_drawing(ink)


def photo_lines(pens: Sequence[PenDigit], count: int, random: Random) -> Lines:
    """Yield simulated photos of lines, each by one writer, on every kind of paper in turn."""
    for paper, (strokes, text) in zip(cycle(Paper), _numbers(pens, count, random, _LENGTHS), strict=False):
        extent = np.ptp(np.concatenate(strokes), 0)
        aspect = max(float(extent[0] / max(extent[1], 1)), 1.0)
        photo = simulate_photo(strokes, paper, random, aspect)
        # The app scales a photo down as well.
        scale = WORKING_SIDE / max(photo.shape)
        if scale < 1:
            photo = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
        yield find_line(photo)[0], text


def _check_amounts(path: Path) -> Lines:
    with damage_reported(path), open_archive(path) as archive:
        names = [PurePosixPath(name) for name in sorted(archive.namelist()) if name.endswith(".png")]
        names = [name for name in names if int(name.stem.partition("_")[0]) % 3]
        if not names:
            raise ValueError("there are no numbers")
        for name in names:
            yield find_line(decode_image(archive.read(str(name)))[0])[0], name.stem.partition("_")[2]


def _cells(folder: Path, labels: tuple[str, ...]) -> Lines:
    return ((find_line(cell)[0], label) for cell, label in load_cells(folder, Part.HELD_OUT, labels))


def non_numbers(folder: Path) -> Iterator[tuple[str, Lines]]:
    """Yield lines with non-digits of kinds that no model was trained on, and photos of blank paper and empty cells.

    Raises MissingDataError unless the folder has pen digits.
    """
    pens = load_pen_digits(folder, Part.HELD_OUT)
    random = np.random.default_rng(0)
    generator = LineGenerator(NO_DIGITS, pens, held_out=True)

    def lines(length: int, others: int) -> Lines:
        for _ in range(_NON_NUMBERS):
            kinds = ["digit"] * length
            for index in random.permutation(length)[:others]:
                kinds[index] = "other"
            yield line_from_drawing(generator.line(random, kinds).ink), ""

    yield "one non-digit among four digits", lines(5, 1)
    yield "three non-digits", lines(3, 3)
    yield "blank paper", ((find_line(blank_paper(random))[0], "") for _ in range(_NON_NUMBERS))
    if (folder / FOLDER / CELLS_FILE).is_file():
        yield "empty sudoku cells", _cells(folder, (BLANK,))


def _numbers(
    pens: Sequence[PenDigit], count: int, random: Random, digits: tuple[int, int]
) -> Iterator[tuple[list[Points], str]]:
    """Yield the strokes of numbers, about 80 pixels high and 20 from the edge, and their texts."""
    writers = group_by_writer(pens)
    for _ in range(count):
        candidates = writers[int(random.integers(len(writers)))]
        length = int(random.integers(digits[0], digits[1] + 1))
        number = [candidates[int(random.integers(len(candidates)))] for _ in range(length)]
        strokes: list[Points] = []
        left = 20.0
        for pen in number:
            digit = pen.points()
            low, high = bounds(digit)
            height = _DIGIT_HEIGHT * random.uniform(0.85, 1.15)
            scale = height / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-6)
            top = 20 + 0.6 * _DIGIT_HEIGHT - height / 2 + random.normal(0, 0.04) * _DIGIT_HEIGHT
            strokes += [(stroke - low) * scale + (left, top) for stroke in digit]
            left += (high[0] - low[0]) * scale + _BRUSH + random.uniform(-_MAX_TOUCH, _MAX_GAP)
        yield strokes, "".join(str(pen.label) for pen in number)
