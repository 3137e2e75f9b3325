"""Numbers as people write them in one line: what a network that reads lines learns from.

What leaves here is ink, not yet normalized: it goes through the very preprocessing the app uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.bounding_box import bounding_box
from digitrec.prediction import NON_DIGIT
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.strokes import TALL, Hand, Ink, Line, Random, cropped, draw, flagged

_SQUARE = 28
MOST_DIGITS = 9
MOST_OVERLAP = 0.4

_OTHERS_SHARE = 0.14
_MARKS_SHARE = 0.4
_CELLS_SHARE = 0.2
_PENS_SHARE = 0.55
_ROUND_SHARE = 0.15
_FLAGS_SHARE = 0.3


NONE = Digits(np.zeros((0, _SQUARE, _SQUARE), np.uint8), np.zeros(0, np.uint8))
"""No scanned digits."""


@dataclass(frozen=True, slots=True)
class Number:
    """A line of ink and what it says, with where each digit is."""

    ink: Ink
    text: str
    boxes: tuple[tuple[int, int, int, int], ...]
    """Left, top, right and bottom of what each character of the text is."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """The ink of one sign, cropped, and how far its bottom lies below the baseline."""

    ink: Ink
    below: float
    label: str  # empty for what is between the digits
    ends: Line | None = None
    """Where in the ink the pen came down and where it went up (2, 2), if that is known."""


def movements(pens: Sequence[PenDigit]) -> list[tuple[int, int, list[Line]]]:
    """Of each pen digit its label, its writer and its movements."""
    return [(pen.label, pen.writer, [np.array(stroke.points, np.float32) for stroke in pen.strokes]) for pen in pens]


class Writers:
    """Writes numbers with scanned digits and with the pen digits of one writer at a time."""

    def __init__(self, scanned: Digits, pens: Sequence[tuple[int, int, list[Line]]], *, held_out: bool = False) -> None:
        """Take scanned digits (28, 28), and of each pen digit its label, its writer and its movements.

        ``held_out`` writes what is no digit of kinds that training never sees.
        """
        self._scanned = scanned
        self._zeros = np.flatnonzero(scanned.labels == 0)
        self._by_writer: dict[int, list[tuple[int, list[Line]]]] = {}
        for label, writer, lines in pens:
            self._by_writer.setdefault(writer, []).append((label, lines))
        self._names = sorted(self._by_writer)
        self._negatives = Negatives([lines for _, _, lines in pens], held_out=held_out)

    def number(self, random: Random) -> Number:
        """A number of 1 to 9 digits, in any hand, perhaps with marks between them and other things among them."""
        if random.random() < _CELLS_SHARE:
            count = int(random.integers(1, MOST_DIGITS + 1))
            most = random.uniform(0, 1.1 * MOST_OVERLAP)
            steady = random.random() < 0.5
            return self.squares(random, np.full(count - 1, most) if steady else random.uniform(0, most, count - 1))
        return self.line(random)

    def line(self, random: Random, signs: Sequence[str] | None = None) -> Number:
        """A line in any hand of these kinds of signs, ``digit``, ``zero``, ``other`` or a mark, or of any."""
        hand, digit = Hand.of(random), self._digits(random)
        rise = random.normal(0, 0.03)
        unevenness = TALL * random.uniform(0, 0.1)
        uneven_size = random.uniform(0, 0.15)
        small_zeros = random.uniform(0.45, 0.85) if random.random() < 0.12 else 1.0
        written = []
        for kind in self._kinds(random) if signs is None else signs:
            size = TALL * float(np.exp(random.normal(0, uneven_size)))
            if kind in ("digit", "zero"):
                label, draw_digit = digit(kind == "zero")
                ink, ends = draw_digit(hand, size * (small_zeros if label == 0 else 1))
                written.append(_Sign(ink, random.normal(0, 1) * unevenness, str(label), ends))
            elif kind == "other":
                draw_other = self._negatives.letter if random.random() < 0.65 else self._negatives.scribble
                ink, _ = hand.pen(draw_other(random), random, size)
                written.append(_Sign(ink, TALL * random.normal(0, 0.05), NON_DIGIT))
            else:
                written.append(_mark(kind, hand, random, size))
        return _composed(written, _gaps(written, random), rise, random, hand)

    def squares(self, random: Random, overlaps: NDArray[np.float64]) -> Number:
        """Scanned digits as they are, in squares of 28, each overlapping the one before by these shares."""
        at = np.concatenate([[0], np.cumsum(np.round(_SQUARE * (1 - overlaps)).astype(int))])
        ink = np.zeros((_SQUARE, int(at[-1]) + _SQUARE), np.uint8)
        text, boxes = "", []
        for left in at:
            picture, label = self._scan(random)
            ink[:, left : left + _SQUARE] = np.maximum(ink[:, left : left + _SQUARE], picture)
            text += str(label)
            rows, columns = bounding_box(picture) or (slice(0, _SQUARE), slice(0, _SQUARE))
            boxes.append((left + columns.start, rows.start, left + columns.stop, rows.stop))
        return Number(ink, text, tuple(boxes))

    def overlapping(self, random: Random, overlaps: NDArray[np.float64]) -> Number:
        """Scanned digits as they are, their ink overlapping by these shares of the narrower neighbour's width."""
        signs = []
        for _ in range(len(overlaps) + 1):
            picture, label = self._scan(random)
            rows, columns = bounding_box(picture) or (slice(0, _SQUARE), slice(0, _SQUARE))
            signs.append(_Sign(picture[rows, columns], rows.stop - 24, str(label)))
        gaps = [
            -share * min(before.ink.shape[1], after.ink.shape[1])
            for share, (before, after) in zip(overlaps, pairwise(signs), strict=True)
        ]
        return _composed(signs, gaps, 0.0, random)

    def _scan(self, random: Random, zero: bool = False) -> tuple[Ink, int]:
        place = int(random.choice(self._zeros) if zero and self._zeros.size else random.integers(len(self._scanned)))
        return self._scanned.images[place], int(self._scanned.labels[place])

    def _digits(self, random: Random) -> Callable[[bool], tuple[int, Callable[[Hand, float], tuple[Ink, Line | None]]]]:
        """What gives one digit, or zero, after the other and how to draw it, all scanned or all by one writer."""
        by_pen = random.random() < _PENS_SHARE or not len(self._scanned)
        writer = self._by_writer[self._names[int(random.integers(len(self._names)))]]
        zeros = [lines for label, lines in writer if label == 0]
        flags = random.random() < _FLAGS_SHARE

        def digit(zero: bool) -> tuple[int, Callable[[Hand, float], tuple[Ink, Line | None]]]:
            if by_pen:
                label, lines = writer[int(random.integers(len(writer)))]
                if zero and zeros:
                    label, lines = 0, zeros[int(random.integers(len(zeros)))]
                moved = flagged(lines, random) if flags and label == 1 else lines
                return label, lambda hand, size: hand.pen(moved, random, size)
            picture, label = self._scan(random, zero)
            return label, lambda hand, size: (hand.scan(picture, random, size), None)

        return digit

    def _kinds(self, random: Random) -> list[str]:
        count = int(random.integers(1, MOST_DIGITS + 1))
        kinds = ["digit"] * count
        if random.random() < _ROUND_SHARE:
            zeros = int(random.integers(1, count + 1))
            kinds[-zeros:] = ["zero"] * zeros
        if random.random() < _OTHERS_SHARE:
            share = float(random.choice((0.15, 0.4, 1.0), p=(0.5, 0.3, 0.2)))
            kinds = ["other" if random.random() < share else kind for kind in kinds]
        if random.random() < _MARKS_SHARE:
            for _ in range(int(random.integers(1, 4))):
                kinds.insert(int(random.integers(1, len(kinds) + 1)), str(random.choice(_MARKS)))
        return kinds


_MARKS = ("dot", "dot", "dot", "comma", "comma", "dash", "colon", "equals", "apostrophe", "long dash")


def _mark(kind: str, hand: Hand, random: Random, size: float) -> _Sign:
    """A dot, a comma or a dash in this hand."""
    thick = max(hand.brush * size * random.uniform(0.9, 1.5), 2.0)
    short, slim = random.uniform(0.04, 0.12) * size, random.uniform(0.1, 0.28) * size
    below = 0.0
    if kind == "dot":
        lines = [np.array([[0, 0], [short * random.uniform(0, 1), short * random.uniform(-0.5, 0.5)]])]
    elif kind in ("comma", "apostrophe"):
        lines = [
            np.array([[0, 0], [random.uniform(-0.1, 0.3) * slim, slim / 2], [-slim * random.uniform(0, 0.7), slim]])
        ]
        below = slim * random.uniform(0.4, 1) if kind == "comma" else -random.uniform(0.7, 0.95) * size
    elif kind == "colon":
        apart = random.uniform(0.25, 0.5) * size
        lines = [np.array([[0.0, y], [0.5, y]]) for y in (0, apart)]
    else:
        long = (random.uniform(0.2, 0.6) if kind != "long dash" else random.uniform(0.7, 3)) * size
        tilt = random.normal(0, 0.08) * long
        apart = random.uniform(0.15, 0.35) * size
        lines = [
            np.array([[0, y], [long / 2, y + tilt / 2 + random.normal(0, 0.03) * size], [long, y + tilt]])
            for y in ((0, apart) if kind == "equals" else (0,))
        ]
        below = -random.uniform(0.25, 0.6) * size
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    width, height = np.ceil(high - low + thick + 4).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for line in lines:
        draw(ink, line - low + thick / 2 + 1, thick)
    return _Sign(cropped(ink), below, "")


def _gaps(signs: Sequence[_Sign], random: Random) -> list[float]:
    """How far apart the boxes of neighbours are, in pixels, below 0 where they overlap."""
    manner = random.choice(("boxes", "kerned", "overlapping", "wide"), p=(0.3, 0.45, 0.13, 0.12))
    base = {
        "boxes": random.uniform(-0.1, 0.5),
        "kerned": random.uniform(-0.1, 0.4) if random.random() < 0.5 else random.uniform(-0.08, 0.08),
        "overlapping": random.uniform(0, MOST_OVERLAP),
        "wide": random.uniform(0.4, 1.6),
    }[str(manner)]
    uneven = random.uniform(0, 0.12)
    space = random.uniform(0.4, 1.3) * TALL if random.random() < 0.2 else 0.0
    gaps = []
    for before, after in pairwise(signs):
        gap = (base + random.normal(0, uneven)) * TALL
        narrower = min(before.ink.shape[1], after.ink.shape[1])
        if not (before.label and after.label):
            gap = max(abs(gap) / 2, random.uniform(0.02, 0.4) * TALL)
        elif manner == "kerned":
            gap = max(gap, -0.12 * TALL) - _room(before, after)
        elif manner == "overlapping":
            gap = -random.uniform(0, base) * narrower
        if space and random.random() < 0.3:
            gap += space
        gaps.append(float(max(gap, -0.9 * narrower)))
    return gaps


def _room(before: _Sign, after: _Sign) -> float:
    """How far two neighbours whose boxes touch could be pushed together until their ink does."""
    high = max(before.ink.shape[0], after.ink.shape[0])
    far = np.full(high + 8, 1e3)
    right, left = far.copy(), far.copy()
    for profile, ink in ((right, before.ink[:, ::-1]), (left, after.ink)):
        inked = ink > 64
        free = np.where(inked.any(1), inked.argmax(1), 1e3)
        # Both stand on the same line, about.
        profile[high - len(free) + 4 : high + 4] = free
    near = np.minimum(np.minimum(right, np.roll(right, 2)), np.roll(right, -2))
    narrower = min(before.ink.shape[1], after.ink.shape[1])
    return float(min((near + left).min(), 0.5 * narrower))


def _composed(
    signs: Sequence[_Sign], gaps: Sequence[float], rise: float, random: Random, hand: Hand | None = None
) -> Number:
    at = [0.0]
    for sign, gap in zip(signs, gaps, strict=False):
        at.append(at[-1] + sign.ink.shape[1] + gap)
    low = min(at)
    lefts = [round(x - low) for x in at]
    bend = random.normal(0, 0.02) * TALL
    tops = [
        round(sign.below - sign.ink.shape[0] + rise * left + bend * np.sin(left / TALL))
        for sign, left in zip(signs, lefts, strict=True)
    ]
    top = min(tops)
    height = max(t - top + sign.ink.shape[0] for t, sign in zip(tops, signs, strict=True))
    width = max(left + sign.ink.shape[1] for left, sign in zip(lefts, signs, strict=True))
    ink = np.zeros((height, width), np.uint8)
    boxes = []
    pen: Line | None = None
    for sign, left, t in zip(signs, lefts, tops, strict=True):
        rows, columns = slice(t - top, t - top + sign.ink.shape[0]), slice(left, left + sign.ink.shape[1])
        ink[rows, columns] = np.maximum(ink[rows, columns], sign.ink)
        if sign.label:
            boxes.append((columns.start, rows.start, columns.stop, rows.stop))
        ends = None if sign.ends is None else sign.ends + np.array([left, t - top])
        if hand and pen is not None and ends is not None:
            hand.link(ink, pen, ends[0], random)
        pen = None if ends is None else ends[1]
    order = sorted(range(len(boxes)), key=lambda place: boxes[place][0] + boxes[place][2])
    labels = [sign.label for sign in signs if sign.label]
    return Number(ink, "".join(labels[place] for place in order), tuple(boxes[place] for place in order))
