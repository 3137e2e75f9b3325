"""Compose numbers the way people write them on one line, to train and evaluate models of lines."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.arrays import bounding_box
from digitrec.prediction import NON_DIGIT
from digitrec.training.augmentation.line_layout import (
    MARKS,
    MAX_OVERLAP,
    Glyph,
    LineSample,
    compose,
    draw_mark,
    sample_gaps,
)
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.strokes import Ink, Points, Random, add_upstroke
from digitrec.training.augmentation.writer_style import DIGIT_HEIGHT, WriterStyle

MAX_DIGITS = 9
_SIDE = 28
_BASELINE = 24
"""The row of a scan on which most digits stand."""

_NON_DIGIT_SHARE = 0.14
_MARKS_SHARE = 0.4
_TILES_SHARE = 0.2
_PENS_SHARE = 0.55
_ROUND_SHARE = 0.15
_UPSTROKE_SHARE = 0.3

NO_SCANS = Digits(np.zeros((0, _SIDE, _SIDE), np.uint8), np.zeros(0, np.uint8))

PenStrokes = tuple[int, int, list[Points]]
"""The label, the writer and the strokes of a pen digit."""

_DrawDigit = Callable[[WriterStyle, float], tuple[Ink, Points | None]]


def pen_strokes(pens: Sequence[PenDigit]) -> list[PenStrokes]:
    """Return the label, the writer and the strokes of each pen digit, as arrays."""
    return [(pen.label, pen.writer, [np.array(stroke.points, np.float32) for stroke in pen.strokes]) for pen in pens]


class LineGenerator:
    """Composes numbers from scanned digits, or from the pen digits of one writer per line."""

    def __init__(self, scans: Digits, pens: Sequence[PenStrokes], *, held_out: bool = False) -> None:
        """Take scans (28, 28) and pen digits; ``held_out`` uses kinds of non-digits that training never sees."""
        self._scans = scans
        self._zeros = np.flatnonzero(scans.labels == 0)
        self._by_writer: dict[int, list[tuple[int, list[Points]]]] = {}
        for label, writer, strokes in pens:
            self._by_writer.setdefault(writer, []).append((label, strokes))
        self._writers = sorted(self._by_writer)
        self._negatives = Negatives([strokes for _, _, strokes in pens], held_out=held_out)

    def number(self, random: Random) -> LineSample:
        """Return a number of 1 to 9 digits in any style, some with marks or non-digits among the digits."""
        if random.random() < _TILES_SHARE:
            count = int(random.integers(1, MAX_DIGITS + 1))
            overlap = random.uniform(0, 1.1 * MAX_OVERLAP)
            even = random.random() < 0.5
            return self.tiles(random, np.full(count - 1, overlap) if even else random.uniform(0, overlap, count - 1))
        return self.line(random)

    def line(self, random: Random, kinds: Sequence[str] | None = None) -> LineSample:
        """Return a line in any style.

        ``kinds`` names each glyph: ``digit``, ``zero``, ``other`` or one of the ``MARKS``; without it they are random.
        """
        style, next_digit = WriterStyle.sample(random), self._digit_source(random)
        slope = random.normal(0, 0.03)
        unevenness = DIGIT_HEIGHT * random.uniform(0, 0.1)
        size_variation = random.uniform(0, 0.15)
        zero_size = random.uniform(0.45, 0.85) if random.random() < 0.12 else 1.0
        glyphs = []
        for kind in self._sample_kinds(random) if kinds is None else kinds:
            size = DIGIT_HEIGHT * float(np.exp(random.normal(0, size_variation)))
            if kind in ("digit", "zero"):
                label, draw_digit = next_digit(kind == "zero")
                ink, ends = draw_digit(style, size * (zero_size if label == 0 else 1))
                glyphs.append(Glyph(ink, random.normal(0, 1) * unevenness, str(label), ends))
            elif kind == "other":
                draw_other = self._negatives.letter if random.random() < 0.65 else self._negatives.scribble
                ink, _ = style.draw_strokes(draw_other(random), random, size)
                glyphs.append(Glyph(ink, DIGIT_HEIGHT * random.normal(0, 0.05), NON_DIGIT))
            else:
                glyphs.append(draw_mark(kind, style, random, size))
        return compose(glyphs, sample_gaps(glyphs, random), slope, random, style)

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
        return compose(glyphs, gaps, 0.0, random)

    def _sample_scan(self, random: Random, zero: bool = False) -> tuple[Ink, int]:
        index = int(random.choice(self._zeros) if zero and self._zeros.size else random.integers(len(self._scans)))
        return self._scans.images[index], int(self._scans.labels[index])

    def _digit_source(self, random: Random) -> Callable[[bool], tuple[int, _DrawDigit]]:
        """Return a function that samples a digit (or a zero) and how to draw it: all scans, or all by one writer."""
        use_pen = random.random() < _PENS_SHARE or not len(self._scans)
        digits = self._by_writer[self._writers[int(random.integers(len(self._writers)))]]
        zeros = [strokes for label, strokes in digits if label == 0]
        upstrokes = random.random() < _UPSTROKE_SHARE

        def next_digit(zero: bool) -> tuple[int, _DrawDigit]:
            if use_pen:
                label, strokes = digits[int(random.integers(len(digits)))]
                if zero and zeros:
                    label, strokes = 0, zeros[int(random.integers(len(zeros)))]
                if upstrokes and label == 1:
                    strokes = add_upstroke(strokes, random)
                return label, lambda style, size: style.draw_strokes(strokes, random, size)
            scan, label = self._sample_scan(random, zero)
            return label, lambda style, size: (style.augment_scan(scan, random, size), None)

        return next_digit

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
        return kinds


def _box(scan: Ink) -> tuple[slice, slice]:
    return bounding_box(scan) or (slice(0, _SIDE), slice(0, _SIDE))
