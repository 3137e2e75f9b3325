"""Place glyphs on a line: their marks, their spacing and the boxes they end up in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digitrec.training.augmentation.strokes import Ink, Points, Random, crop, draw
from digitrec.training.augmentation.writer_style import DIGIT_HEIGHT, WriterStyle

MAX_OVERLAP = 0.4
MARKS = ("dot", "dot", "dot", "comma", "comma", "dash", "colon", "equals", "apostrophe", "long dash")
"""The marks between digits, the frequent ones several times."""


@dataclass(frozen=True, slots=True)
class LineSample:
    """A line of ink, its text, and the box of each character."""

    ink: Ink
    text: str
    boxes: tuple[tuple[int, int, int, int], ...]
    """Left, top, right and bottom of each character."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """The cropped ink of one digit, mark or other thing on a line."""

    ink: Ink
    descent: float
    """How far its bottom lies below the baseline, in pixels."""
    label: str
    """The character it is, empty for a mark between digits."""
    pen_ends: Points | None = None
    """Where in the ink the pen went down first and up last (2, 2), if known."""


def draw_mark(kind: str, style: WriterStyle, random: Random, size: float) -> Glyph:
    """Return one of the ``MARKS`` in a writer's style, beside digits of ``size`` pixels."""
    brush = max(style.brush * size * random.uniform(0.9, 1.5), 2.0)
    dot, tail = random.uniform(0.04, 0.12) * size, random.uniform(0.1, 0.28) * size
    descent = 0.0
    if kind == "dot":
        strokes = [np.array([[0, 0], [dot * random.uniform(0, 1), dot * random.uniform(-0.5, 0.5)]])]
    elif kind in ("comma", "apostrophe"):
        strokes = [
            np.array([[0, 0], [random.uniform(-0.1, 0.3) * tail, tail / 2], [-tail * random.uniform(0, 0.7), tail]])
        ]
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
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    width, height = np.ceil(high - low + brush + 4).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        draw(ink, stroke - low + brush / 2 + 1, brush)
    return Glyph(crop(ink), descent, "")


def sample_gaps(glyphs: Sequence[Glyph], random: Random) -> list[float]:
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


def compose(
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
