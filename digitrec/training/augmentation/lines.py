"""Compose numbers the way people write them on one line, to train and evaluate line models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.handwriting import Writing
from digitrec.datasets.pen_strokes import PenDigit, group_by_writer
from digitrec.imaging.arrays import bounding_box
from digitrec.prediction import NON_DIGIT
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.strokes import (
    Ink,
    Points,
    Random,
    add_upstroke,
    bounds,
    checked_five,
    closing_parenthesis,
    crop,
    draw_tightly,
    opening_parenthesis,
    slash,
    stemmed_nine,
    thin_out,
)
from digitrec.training.augmentation.writer_style import DIGIT_HEIGHT, WriterStyle

MAX_OVERLAP = 0.4
MARKS = ("dot", "dot", "dot", "comma", "comma", "dash", "colon", "equals", "apostrophe", "long dash")
"""Marks between digits, each repeated according to its frequency."""
_SYMBOLS = {"slash": slash, "opening": opening_parenthesis, "closing": closing_parenthesis}
"""Non-digits that look like a digit unless you see the digits around them."""
MAX_DIGITS = 9
_SIDE = 28
_BASELINE = 24  # The row of a scan on which most digits stand.

_WRITTEN_SHARE = 0.25  # The share of numbers that people wrote as a whole, if there are any.
_NON_DIGIT_SHARE = 0.25
_LETTERS_SHARE = 0.6  # The share of letters that people wrote among the other characters, if there are any.
_MAX_LETTER_ASPECT = 1.3
_MARKS_SHARE = 0.4
_SYMBOLS_SHARE = 0.15
_SLASHES_SHARE = 0.6  # The share of slashes among these symbols; the others are parentheses.
_TILES_SHARE = 0.2
_PENS_SHARE = 0.55
_ROUND_SHARE = 0.15
_UPSTROKE_SHARE = 0.3
_RARE_SHAPES, _RARE_SHARE = {5: checked_five, 9: stemmed_nine}, 0.12
"""Shapes that were misread on development bank checks, and the share of writers who write each."""

_DrawDigit = Callable[[bool, float, float], tuple[int, Ink, Points | None]]


@dataclass(frozen=True, slots=True)
class LineSample:
    """A line of ink, its text, and the box of each character."""

    ink: Ink
    text: str
    boxes: tuple[tuple[int, int, int, int], ...]  # Left, top, right and bottom of each character.


@dataclass(frozen=True, slots=True)
class Glyph:
    """The cropped ink of one digit, mark or other character on a line."""

    ink: Ink
    descent: float  # How far its bottom lies below the baseline, in pixels.
    label: str  # The character it is, empty for a mark between digits.
    pen_ends: Points | None = None
    """The points in the ink where the pen first touched down and finally lifted (2, 2), if known."""


class LineGenerator:
    """Composes numbers from scanned digits, or from the pen digits of one writer per line, or draws written ones."""

    def __init__(
        self,
        scans: Digits,
        pens: Sequence[PenDigit],
        numbers: Sequence[Writing] = (),
        letters: Sequence[list[Points]] = (),
        *,
        held_out: bool = False,
    ) -> None:
        """Take scans (28, 28), pen digits, numbers written as a whole, and written letters, symbols and words.

        ``held_out`` uses kinds of non-digits that training never sees.
        """
        self._scans = scans
        self._numbers = numbers
        # A word would be several characters.
        self._letters = [strokes for strokes in letters if _aspect(strokes) < _MAX_LETTER_ASPECT]
        self._zeros = np.flatnonzero(scans.labels == 0)
        self._writers = [[(pen.label, pen.points()) for pen in writer] for writer in group_by_writer(pens)]
        self._negatives = Negatives([pen.points() for pen in pens], held_out=held_out)

    def number(self, random: Random) -> LineSample:
        """Return a number of 1 to 11 digits in any style, some with marks or non-digits among the digits."""
        if self._numbers and random.random() < _WRITTEN_SHARE:
            return self.written(random)
        if random.random() < _TILES_SHARE:
            count = int(random.integers(1, MAX_DIGITS + 1))
            overlap = random.uniform(0, 1.1 * MAX_OVERLAP)
            even = random.random() < 0.5
            return self.tiles(random, np.full(count - 1, overlap) if even else random.uniform(0, overlap, count - 1))
        return self.line(random)

    def line(self, random: Random, kinds: Sequence[str] | None = None) -> LineSample:
        """Return a line in any style.

        ``kinds`` names each glyph: ``digit``, ``zero``, ``other``, ``slash``, ``opening`` or ``closing`` parenthesis,
        or one of the ``MARKS``; without it they are random.
        """
        style = WriterStyle.sample(random)
        draw_digit = self._digit_source(style, random)
        slope = random.normal(0, 0.03)
        unevenness = DIGIT_HEIGHT * random.uniform(0, 0.1)
        size_variation = random.uniform(0, 0.15)
        zero_size = random.uniform(0.45, 0.85) if random.random() < 0.12 else 1.0
        glyphs = []
        for kind in self._sample_kinds(random) if kinds is None else kinds:
            size = DIGIT_HEIGHT * float(np.exp(random.normal(0, size_variation)))
            if kind in ("digit", "zero"):
                label, ink, ends = draw_digit(kind == "zero", size, zero_size)
                glyphs.append(Glyph(ink, random.normal(0, 1) * unevenness, str(label), ends))
            elif kind == "other":
                ink, _ = style.draw_strokes(self._sample_other(random), random, size)
                glyphs.append(Glyph(ink, DIGIT_HEIGHT * random.normal(0, 0.05), NON_DIGIT))
            elif draw_symbol := _SYMBOLS.get(kind):
                enlargement = random.uniform(0.95, 1.6)
                same_pen = replace(style, brush=style.brush / enlargement)
                ink, _ = same_pen.draw_strokes(draw_symbol(random), random, size * enlargement)
                descent = random.uniform(0, 0.8) * (len(ink) - DIGIT_HEIGHT)
                glyphs.append(Glyph(ink, descent, NON_DIGIT))
            else:
                glyphs.append(_draw_mark(kind, style, random, size))
        return _compose(glyphs, _sample_gaps(glyphs, random), slope, random, style)

    def written(self, random: Random) -> LineSample:
        """Return a number that a person wrote as a whole, in any style and without the boxes of its digits."""
        number, style = self._numbers[int(random.integers(len(self._numbers)))], WriterStyle.sample(random)
        moved: list[Points] = [thin_out(stroke, style.point_step) @ style.transform for stroke in number.strokes]
        low, high = bounds(moved)
        size = DIGIT_HEIGHT * float(np.exp(random.normal(0.1, 0.15)))
        scale = size / max(high[1] - low[1], 0.08 * (high[0] - low[0]), 1e-6)
        return LineSample(crop(draw_tightly(moved, scale, style.brush * size)), number.label, ())

    def tiles(self, random: Random, overlaps: NDArray[np.float64]) -> LineSample:
        """Return unchanged scans as tiles (28, 28), each overlapping the one before by these shares of a tile."""
        lefts = np.concatenate([[0], np.cumsum(np.round(_SIDE * (1 - overlaps)).astype(int))])
        ink = np.zeros((_SIDE, int(lefts[-1]) + _SIDE), np.uint8)
        text, boxes = "", []
        for left in lefts:
            scan, label = self._sample_scan(random)
            ink[:, left : left + _SIDE] = np.maximum(ink[:, left : left + _SIDE], scan)
            text += str(label)
            rows, columns = _box(scan)
            boxes.append((left + columns.start, rows.start, left + columns.stop, rows.stop))
        return LineSample(ink, text, tuple(boxes))

    def overlapping(self, random: Random, overlaps: NDArray[np.float64]) -> LineSample:
        """Return unchanged scans whose ink overlaps by these shares of the narrower neighbor's width."""
        glyphs = []
        for _ in range(len(overlaps) + 1):
            scan, label = self._sample_scan(random)
            rows, columns = _box(scan)
            glyphs.append(Glyph(scan[rows, columns], rows.stop - _BASELINE, str(label)))
        gaps = [
            -overlap * min(before.ink.shape[1], after.ink.shape[1])
            for overlap, (before, after) in zip(overlaps, pairwise(glyphs), strict=True)
        ]
        return _compose(glyphs, gaps, 0.0, random)

    def _sample_scan(self, random: Random, zero: bool = False) -> tuple[Ink, int]:
        index = int(random.choice(self._zeros) if zero and self._zeros.size else random.integers(len(self._scans)))
        return self._scans.images[index], int(self._scans.labels[index])

    def _sample_other(self, random: Random) -> list[Points]:
        """Return the strokes of a letter, a symbol or a scribble."""
        if self._letters and random.random() < _LETTERS_SHARE:
            return self._letters[int(random.integers(len(self._letters)))]
        draw_other = self._negatives.letter if random.random() < 0.65 else self._negatives.scribble
        return draw_other(random)

    def _digit_source(self, style: WriterStyle, random: Random) -> _DrawDigit:
        """Return a function that draws a random digit (or zero) of a given size, from scans only or by one writer only.

        It returns the label, the ink, and where the pen starts and ends. Zeros have a size of their own.
        """
        use_pen = random.random() < _PENS_SHARE or not len(self._scans)
        digits = self._writers[int(random.integers(len(self._writers)))]
        zeros = [strokes for label, strokes in digits if label == 0]
        upstrokes = random.random() < _UPSTROKE_SHARE
        rare_shapes = {label: shape for label, shape in _RARE_SHAPES.items() if random.random() < _RARE_SHARE}

        def draw_digit(zero: bool, size: float, zero_size: float) -> tuple[int, Ink, Points | None]:
            if not use_pen:
                scan, label = self._sample_scan(random, zero)
                return label, style.augment_scan(scan, random, size * (1 if label else zero_size)), None
            label, strokes = digits[int(random.integers(len(digits)))]
            if zero and zeros:
                label, strokes = 0, zeros[int(random.integers(len(zeros)))]
            if upstrokes and label == 1:
                strokes = add_upstroke(strokes, random)
            elif rare_shape := rare_shapes.get(label):
                strokes = rare_shape(random)
            return label, *style.draw_strokes(strokes, random, size * (1 if label else zero_size))

        return draw_digit

    def _sample_kinds(self, random: Random) -> list[str]:
        count = int(random.integers(1, MAX_DIGITS + 1))
        kinds = ["digit"] * count
        if random.random() < _ROUND_SHARE:
            zeros = int(random.integers(1, count + 1))
            kinds[-zeros:] = ["zero"] * zeros
        if random.random() < _NON_DIGIT_SHARE:
            share = float(random.choice((0.15, 0.4, 1.0), p=(0.5, 0.3, 0.2)))
            kinds = ["other" if random.random() < share else kind for kind in kinds]
        if random.random() < _MARKS_SHARE:
            for _ in range(int(random.integers(1, 4))):
                kinds.insert(int(random.integers(1, len(kinds) + 1)), str(random.choice(MARKS)))
        if len(kinds) > 1 and random.random() < _SYMBOLS_SHARE:
            if random.random() < _SLASHES_SHARE:
                for _ in range(int(random.integers(1, 3))):
                    kinds.insert(int(random.integers(1, len(kinds))), "slash")
            else:
                kinds.insert(int(random.integers(2, len(kinds) + 1)), "closing")
                kinds.insert(0, "opening")
        return kinds


def _aspect(strokes: list[Points]) -> float:
    """Return the width of strokes divided by their height."""
    low, high = bounds(strokes)
    width, height = high - low
    return float(width / max(height, 1e-6))


def _box(scan: Ink) -> tuple[slice, slice]:
    return bounding_box(scan) or (slice(0, _SIDE), slice(0, _SIDE))


def _draw_mark(kind: str, style: WriterStyle, random: Random, size: float) -> Glyph:
    """Return one of the ``MARKS`` in a writer's style, beside digits of ``size`` pixels."""
    brush = max(style.brush * size * random.uniform(0.9, 1.5), 2.0)
    dot, tail = random.uniform(0.04, 0.12) * size, random.uniform(0.1, 0.28) * size
    descent = 0.0
    if kind == "dot":
        strokes = [np.array([[0, 0], [dot * random.uniform(0, 1), dot * random.uniform(-0.5, 0.5)]])]
    elif kind in ("comma", "apostrophe"):
        middle, end = [random.uniform(-0.1, 0.3) * tail, tail / 2], [-tail * random.uniform(0, 0.7), tail]
        strokes = [np.array([[0, 0], middle, end])]
        descent = tail * random.uniform(0.4, 1) if kind == "comma" else -random.uniform(0.7, 0.95) * size
    elif kind == "colon":
        distance = random.uniform(0.25, 0.5) * size
        strokes = [np.array([[0.0, y], [0.5, y]]) for y in (0, distance)]
    else:
        length = (random.uniform(0.2, 0.6) if kind != "long dash" else random.uniform(0.7, 3)) * size
        tilt = random.normal(0, 0.08) * length
        distance = random.uniform(0.15, 0.35) * size
        strokes = [
            np.array([[0, y], [length / 2, y + tilt / 2 + random.normal(0, 0.03) * size], [length, y + tilt]])
            for y in ((0, distance) if kind == "equals" else (0,))
        ]
        descent = -random.uniform(0.25, 0.6) * size
    return Glyph(crop(draw_tightly(strokes, 1.0, brush)), descent, "")


def _sample_gaps(glyphs: Sequence[Glyph], random: Random) -> list[float]:
    """Return random distances between the boxes of neighbors in pixels, negative where they overlap."""
    spacing = random.choice(("boxes", "kerned", "overlapping", "wide"), p=(0.3, 0.45, 0.13, 0.12))
    base = {
        "boxes": random.uniform(-0.1, 0.5),
        "kerned": random.uniform(-0.1, 0.4) if random.random() < 0.5 else random.uniform(-0.08, 0.08),
        "overlapping": random.uniform(0, MAX_OVERLAP),
        "wide": random.uniform(0.4, 1.6),
    }[str(spacing)]
    unevenness = random.uniform(0, 0.12)
    word_space = random.uniform(0.4, 1.3) * DIGIT_HEIGHT if random.random() < 0.2 else 0.0
    gaps = []
    for before, after in pairwise(glyphs):
        gap = (base + random.normal(0, unevenness)) * DIGIT_HEIGHT
        narrower = min(before.ink.shape[1], after.ink.shape[1])
        if not (before.label and after.label):
            gap = max(abs(gap) / 2, random.uniform(0.02, 0.4) * DIGIT_HEIGHT)
        elif spacing == "kerned":
            gap = max(gap, -0.12 * DIGIT_HEIGHT) - _kerning(before, after)
        elif spacing == "overlapping":
            gap = -random.uniform(0, base) * narrower
        if word_space and random.random() < 0.3:
            gap += word_space
        gaps.append(float(max(gap, -0.9 * narrower)))
    return gaps


def _kerning(before: Glyph, after: Glyph) -> float:
    """Return how many pixels two neighbors whose boxes touch can move together until their ink touches."""
    height = max(before.ink.shape[0], after.ink.shape[0])
    right, left = np.full((2, height + 8), 1e3)
    for profile, ink in ((right, before.ink[:, ::-1]), (left, after.ink)):
        inked = ink > 64
        free = np.where(inked.any(1), inked.argmax(1), 1e3)
        # Both stand on about the same baseline.
        profile[height - len(free) + 4 : height + 4] = free
    nearest = np.minimum(np.minimum(right, np.roll(right, 2)), np.roll(right, -2))
    narrower = min(before.ink.shape[1], after.ink.shape[1])
    return float(min((nearest + left).min(), 0.5 * narrower))


def _compose(
    glyphs: Sequence[Glyph], gaps: Sequence[float], slope: float, random: Random, style: WriterStyle | None = None
) -> LineSample:
    """Return the line of these glyphs, with ``gaps`` pixels between them, on a slightly bent baseline of this slope.

    With a style, the pen stays down between some digits.
    """
    positions = [0.0]
    for glyph, gap in zip(glyphs, gaps, strict=False):
        positions.append(positions[-1] + glyph.ink.shape[1] + gap)
    lefts = [round(x - min(positions)) for x in positions]
    bend = random.normal(0, 0.02) * DIGIT_HEIGHT
    tops = [
        round(glyph.descent - glyph.ink.shape[0] + slope * left + bend * np.sin(left / DIGIT_HEIGHT))
        for glyph, left in zip(glyphs, lefts, strict=True)
    ]
    tops = [top - min(tops) for top in tops]
    height = max(top + glyph.ink.shape[0] for top, glyph in zip(tops, glyphs, strict=True))
    width = max(left + glyph.ink.shape[1] for left, glyph in zip(lefts, glyphs, strict=True))
    ink = np.zeros((height, width), np.uint8)
    characters: list[tuple[str, tuple[int, int, int, int]]] = []
    pen: Points | None = None
    for glyph, left, top in zip(glyphs, lefts, tops, strict=True):
        bottom, right = top + glyph.ink.shape[0], left + glyph.ink.shape[1]
        ink[top:bottom, left:right] = np.maximum(ink[top:bottom, left:right], glyph.ink)
        if glyph.label:
            characters.append((glyph.label, (left, top, right, bottom)))
        ends = None if glyph.pen_ends is None else glyph.pen_ends + np.array([left, top])
        if style and pen is not None and ends is not None:
            style.connect(ink, pen, ends[0], random)
        pen = None if ends is None else ends[1]
    characters.sort(key=lambda character: character[1][0] + character[1][2])
    return LineSample(ink, "".join(label for label, _ in characters), tuple(box for _, box in characters))
