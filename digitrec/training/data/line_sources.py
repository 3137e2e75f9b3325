"""Lines of people and sources that a model never saw, to measure it on; and what is no number."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits, load_mnist
from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, PenDigit, load_held_out_pen_digits
from digitrec.errors import ImageError, MissingDataError
from digitrec.imaging.decode import WORKING_SIDE, decode_image
from digitrec.imaging.line.detection import HandwrittenLine, find_line, line_from_drawing
from digitrec.imaging.strokes import smooth_curve
from digitrec.training.augmentation.lines import MOST_OVERLAP, NONE, Writers, movements
from digitrec.training.augmentation.negatives import empty_sheet
from digitrec.training.augmentation.photos import Paper, photographed
from digitrec.training.augmentation.strokes import Line, Random, draw

Lines = Iterable[tuple[HandwrittenLine, str]]
"""Lines, and what each of them says."""

OVERLAPPING = "MNIST test, squares overlapping by 0 to 40%"
INK_OVERLAPPING = "MNIST test, ink overlapping by 0 to 40%"
FIVE_DIGITS = "MNIST test, five digits without overlap"
PENS_TOUCHING = "Pen strokes, writers held out"
PHOTOGRAPHED = "Pen strokes, photographed"
SINGLE = "Pen strokes, single digits"
CHEQUES = "Cheques (ORAND-CAR-A)"
STRINGS_FILE = "number-strings.zip"

SHORTEST, LONGEST = 2, 8
LINES = 1000
"""How many lines are made for each source."""
_PHOTOGRAPHS = 600
_NO_NUMBERS = 300
_HIGH = 80
_BRUSH = 8.0
_APART, _INTO = 8.0, 2.0


def measured_lines(folder: Path, seed: int = 0) -> Iterator[tuple[str, Lines]]:
    """The name and the lines of every source whose file lies in the folder.

    Of ``number-strings.zip``, ``NNNN_DIGITS.png``, pictures whose number divides by 3 were looked at while the app
    was developed and are left out.

    Raises:
        DataMissing: the folder holds none of them, or one of them is damaged.
    """
    random = np.random.default_rng(seed)
    found = False
    if (folder / "mnist.npz").is_file():
        found = True
        test = load_mnist(folder)[1]
        yield OVERLAPPING, overlapping_squares(test, LINES, random)
        yield INK_OVERLAPPING, overlapping_ink(test, LINES, random)
        yield FIVE_DIGITS, overlapping_squares(test, LINES, random, most_overlap=0, digits=(5, 5))
    if (folder / PEN_DIGITS_FILE).is_file():
        found = True
        pens = load_held_out_pen_digits(folder)
        yield PENS_TOUCHING, pen_lines(pens, LINES, random)
        yield SINGLE, pen_lines(pens, LINES, random, digits=(1, 1))
        yield PHOTOGRAPHED, photographed_lines(pens, _PHOTOGRAPHS, random)
    if (folder / STRINGS_FILE).is_file():
        found = True
        yield CHEQUES, cheques(folder / STRINGS_FILE)
    if not found:
        raise MissingDataError(f"{folder} holds none of the files that lines are made of, such as mnist.npz.")


def overlapping_squares(
    scanned: Digits,
    count: int,
    random: Random,
    *,
    most_overlap: float = MOST_OVERLAP,
    digits: tuple[int, int] = (SHORTEST, LONGEST),
) -> Lines:
    """Lines of scanned digits in their squares of 28x28, each overlapping the one before by up to a share of it."""
    writers = Writers(scanned, ())
    for _ in range(count):
        length = int(random.integers(digits[0], digits[1] + 1))
        number = writers.squares(random, random.uniform(0, most_overlap, length - 1))
        yield line_from_drawing(number.ink), number.text


def overlapping_ink(scanned: Digits, count: int, random: Random) -> Lines:
    """Lines of scanned digits whose ink overlaps the one before by up to two fifths of the narrower one's width."""
    writers = Writers(scanned, ())
    for _ in range(count):
        length = int(random.integers(SHORTEST, LONGEST + 1))
        number = writers.overlapping(random, random.uniform(0, MOST_OVERLAP, length - 1))
        yield line_from_drawing(number.ink), number.text


def pen_lines(
    pens: Sequence[PenDigit], count: int, random: Random, *, digits: tuple[int, int] = (SHORTEST, LONGEST)
) -> Lines:
    """Lines of pen digits by one writer each, drawn as on the canvas, from 8 pixels apart to slightly touching."""
    for lines, text in _written(pens, count, random, digits):
        points = np.concatenate(lines)
        width, height = np.ceil(points.max(0) + points.min(0)).astype(int)
        ink = np.zeros((height, width), np.uint8)
        for line in lines:
            draw(ink, smooth_curve([(float(x), float(y)) for x, y in line]), _BRUSH)
        yield line_from_drawing(ink), text


def photographed_lines(pens: Sequence[PenDigit], count: int, random: Random) -> Lines:
    """Lines of pen digits by one writer each, photographed on paper of every kind."""
    papers = list(Paper)
    for number, (lines, text) in enumerate(_written(pens, count, random, (SHORTEST, LONGEST))):
        extent = np.ptp(np.concatenate(lines), 0)
        aspect = max(float(extent[0] / max(extent[1], 1)), 1.0)
        yield find_line(_fitted(photographed(lines, papers[number % len(papers)], random, aspect)))[0], text


def _fitted(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph as large as the app makes it."""
    scale = WORKING_SIDE / max(gray.shape)
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) if scale < 1 else gray


def _written(
    pens: Sequence[PenDigit], count: int, random: Random, digits: tuple[int, int]
) -> Iterator[tuple[list[Line], str]]:
    """Pen movements of numbers, about 80 pixels high and 20 from the edge, and what they say."""
    by_writer: dict[int, list[PenDigit]] = {}
    for pen in pens:
        by_writer.setdefault(pen.writer, []).append(pen)
    writers = sorted(by_writer)
    for _ in range(count):
        own = by_writer[writers[int(random.integers(len(writers)))]]
        chosen = [own[int(random.integers(len(own)))] for _ in range(int(random.integers(digits[0], digits[1] + 1)))]
        lines: list[Line] = []
        left = 20.0
        for pen in chosen:
            digit = [np.array(stroke.points) for stroke in pen.strokes]
            points = np.concatenate(digit)
            low, high = points.min(0), points.max(0)
            high_now = _HIGH * random.uniform(0.85, 1.15)
            scale = high_now / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-6)
            down = 20 + 0.6 * _HIGH - high_now / 2 + random.normal(0, 0.04) * _HIGH
            lines += [(line - low) * scale + (left, down) for line in digit]
            left += (high[0] - low[0]) * scale + _BRUSH + random.uniform(-_INTO, _APART)
        yield lines, "".join(str(pen.label) for pen in chosen)


def cheques(path: Path) -> Lines:
    """The courtesy amounts of cheques in a ZIP file.

    Raises:
        DataMissing: it is damaged or in another form.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                number, _, digits = PurePosixPath(name).stem.partition("_")
                if name.endswith(".png") and int(number) % 3:
                    yield find_line(decode_image(archive.read(name))[0])[0], digits
    except (OSError, zipfile.BadZipFile, ValueError, ImageError) as error:
        raise MissingDataError(f"{path} is damaged or in another form: {error}") from error


def no_numbers(pens: Sequence[PenDigit], seed: int = 0) -> Iterator[tuple[str, Lines]]:
    """Lines with something in them that is no digit, of kinds that no network was trained on; and empty paper."""
    random = np.random.default_rng(seed)
    writers = Writers(NONE, movements(pens), held_out=True)

    def lines(count: int, others: int) -> Lines:
        for _ in range(_NO_NUMBERS):
            signs = ["digit"] * count
            for place in random.permutation(count)[:others]:
                signs[place] = "other"
            yield line_from_drawing(writers.line(random, signs).ink), ""

    yield "one among four digits", lines(5, 1)
    yield "three side by side", lines(3, 3)
    yield "empty paper", ((find_line(empty_sheet(random))[0], "") for _ in range(_NO_NUMBERS))
