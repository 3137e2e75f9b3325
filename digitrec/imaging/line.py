"""From a line of writing to the strip that a network reads: on a canvas or in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.ink import (
    FAINTEST_CONTRAST,
    LEAST_SIDE,
    against_paper,
    has_dark_ink,
    hysteresis,
    threshold_near_edges,
)
from digitrec.imaging.normalize import FAINTEST
from digitrec.imaging.parts import parts_of_line
from digitrec.imaging.ruling import ruling
from digitrec.imaging.steps import Step

Grey = NDArray[np.uint8]  # (height, width)
Mask = NDArray[np.bool_]  # (height, width)

HEIGHT = 32
"""How many rows a strip has."""
WRITING = 26
"""How many of them the writing fills."""
WIDEST = 768
"""A strip has at most this many columns; longer lines are made smaller."""
NARROWEST = 32
LEAST_HEIGHT = 8
"""Writing of fewer rows is not made larger than if it had as many: it is dots and dashes."""

_OTHER_VIEWS = ((0.88, 0.1), (1.1, -0.1))
"""How much larger, and how much more to the right the upper rows, a line might have been written."""
_MOSTLY = 0.75
"""A part of which this share of its width lies on one side of a cut is not cut through."""
_SHARED = 0.5
"""Parts above each other share this much of the width of one; one beside another is a character's if so high."""
_CUT_THROUGH, _NOBODY = -1, -2

_STEEPEST = np.tan(np.radians(12))
_LONG = 2.0
"""How many times as long as it is high writing has to be for its slope to be told."""
_BESIDE = 0.2
"""What of the paper around the writing stays with it, as a share of the writing's height."""


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line of writing, found."""

    ink: Grey
    """0 = paper, 255 = ink."""
    writing: Mask
    """What of the ink is sure to be writing."""
    enlargement: float = 1.0
    """How many times as large it is as the picture it was found in."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of writing, level and of a usual height, and where it comes from."""

    picture: NDArray[np.float32]  # (HEIGHT, width) in [0, 1]
    left: int
    """The column of the ink at which the strip begins."""
    scale: float
    """How many pixels of the strip one of the ink becomes."""


class Cut(NamedTuple):
    """What of a line is one character."""

    rows: slice
    columns: slice
    ink: Grey


def drawn_line(ink: Grey) -> WrittenLine:
    """The line on a canvas: ink (height, width) is writing from 20 up."""
    writing = ink >= FAINTEST
    return WrittenLine(np.where(writing, ink, np.uint8(0)), writing)


def find_line(grey: Grey) -> tuple[WrittenLine, tuple[Step, ...]]:
    """The line in a picture's brightness (height, width), and the steps that found it.

    As ``find_ink`` does for one digit, paper is followed across the picture and ruling taken away. But whatever is
    fainter than the writing stays as faint as it is, for the network to judge: on patterned paper no threshold tells
    ink from print.
    """
    enlargement = max(1.0, LEAST_SIDE / max(grey.shape))
    if enlargement > 1:
        grey = np.asarray(cv2.resize(grey, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC))
    dark_ink = has_dark_ink(grey)
    bright = 255 - grey if dark_ink else grey
    steps = [Step("Ink bright", bright, "dark ink on light paper" if dark_ink else "light ink on dark paper")]

    contrast = against_paper(bright)
    shown = (np.clip(contrast, 0, 1) * 255).astype(np.uint8)
    steps.append(Step("Paper removed", shown, "uneven light taken away"))
    threshold = threshold_near_edges(contrast)
    strong = hysteresis(contrast, threshold)
    lines = ruling(strong)
    if not (strong & ~lines).any():
        lines = np.zeros_like(lines)
    writing, left_out = parts_of_line(strong & ~lines)
    if threshold < FAINTEST_CONTRAST or not writing.any():
        blank = np.zeros_like(grey)
        return WrittenLine(blank, blank > 0, enlargement), (
            *steps,
            Step("Writing", blank, "nothing on the paper stands out"),
        )
    if lines.any():
        steps.append(Step("Ruling removed", (strong & ~lines).astype(np.uint8) * 255, "lines from edge to edge"))
    steps.append(
        Step("Writing", writing.astype(np.uint8) * 255, f"{left_out} other things left out" if left_out else "all")
    )
    full = max(float(np.percentile(contrast[writing], 75)), 1e-6)
    ink = np.where(lines & ~writing, 0, np.clip(contrast / full, 0, 1) * 255).astype(np.uint8)
    return WrittenLine(ink, writing, enlargement), tuple(steps)


def strip_of(line: WrittenLine) -> tuple[Strip | None, tuple[Step, ...]]:
    """The strip for a line, None where there is no ink, and every step on the way.

    A line that climbs or falls is sheared level. The writing then fills 26 of the strip's 32 rows.
    """
    ink, box = line.ink, bounding_box(line.writing)
    if box is None:
        return None, (Step("Ink", ink, "no ink"),)
    rows, columns = box
    width = columns.stop - columns.start
    steps = [Step("Ink", ink, f"the writing is {width} x {rows.stop - rows.start} pixels")]
    slope = _slope(line.writing, box)
    if slope:
        grown = int(np.ceil(abs(slope) * width / 2))
        shear = np.array([[1, 0, 0], [-slope, 1, slope * (columns.start + columns.stop) / 2 + grown]])
        size = (ink.shape[1], ink.shape[0] + 2 * grown)
        ink = np.asarray(cv2.warpAffine(ink, shear, size), np.uint8)
        rows = (bounding_box(cv2.warpAffine(line.writing.astype(np.uint8), shear, size)) or box)[0]
        steps.append(Step("Levelled", ink, f"the line fell by {np.degrees(np.arctan(slope)):.1f}°"))
    height = rows.stop - rows.start
    scale = min(WRITING / height, WIDEST / width, WRITING / LEAST_HEIGHT)
    beside = max(round(_BESIDE * height), 1)
    left = max(columns.start - beside, 0)
    # The middle of the writing comes to the middle of the strip.
    reach, middle = HEIGHT / 2 / scale, (rows.start + rows.stop) / 2
    top, bottom = max(0, int(middle - reach)), min(ink.shape[0], int(np.ceil(middle + reach)))
    cropped = ink[top:bottom, left : columns.stop + beside]
    size = max(1, round(cropped.shape[1] * scale)), max(1, round(cropped.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(cropped, size, interpolation=method)[:HEIGHT]
    at = min(max(round(HEIGHT / 2 - (middle - top) * scale), 0), HEIGHT - small.shape[0])
    strip = np.zeros((HEIGHT, max(NARROWEST, small.shape[1])), np.uint8)
    strip[at : at + small.shape[0], : small.shape[1]] = small
    inked = strip[strip >= FAINTEST]
    full = max(float(np.percentile(inked, 90)) if inked.size else 0.0, FAINTEST)
    picture = np.minimum(strip / np.float32(full), 1).astype(np.float32)
    steps.append(
        Step(
            "Strip",
            (picture * 255).astype(np.uint8),
            f"made {HEIGHT} pixels high, the writing {WRITING} of them: what the network sees",
        )
    )
    return Strip(picture, left, scale), tuple(steps)


def views(strip: Strip) -> list[NDArray[np.float32]]:
    """A strip (32, width) as it is, and as it would be had the line been written a little otherwise."""
    height, width = strip.picture.shape
    others = []
    for size, slant in _OTHER_VIEWS:
        shape = np.array([[size, -slant, slant * height / 2], [0, size, (1 - size) * height / 2]])
        wide = max(NARROWEST, round(size * width) + 4)
        others.append(np.asarray(cv2.warpAffine(strip.picture, shape, (wide, height)), np.float32))
    return [strip.picture, *others]


class Cutter:
    """Cuts a line's ink into the characters that its strip is said to tell.

    Between two characters the line is cut where there is least ink. A part that lies mostly on one side of a cut
    belongs there whole; and what stands beside a character, such as a dot, does not belong to it.
    """

    def __init__(self, line: WrittenLine, strip: Strip) -> None:
        box = rows, columns = bounding_box(line.writing) or (slice(0, line.ink.shape[0]), slice(0, line.ink.shape[1]))
        self._top, self._first = rows.start, columns.start
        self._ink, self._strip = line.ink[box], strip
        self._columns = strip.picture.sum(0)
        self._labels, self._stats = _parts(line.writing[box])
        self._left, self._right = self._stats[:, 0], self._stats[:, 0] + self._stats[:, 2]
        self._made: dict[tuple[int, ...], Cut] = {}

    def cut(self, middles: Sequence[float]) -> tuple[Cut, ...]:
        """What of the ink each of the characters is whose middles are about at these columns of the strip."""
        if not middles:
            return ()
        cuts = [_least(self._columns, *pair) for pair in pairwise(middles)]
        begin = self._strip.left - self._first
        ends = [begin + round(place / self._strip.scale) for place in (0, *cuts, len(self._columns))]
        edges = np.clip(ends, 0, self._ink.shape[1])
        starts, stops = edges[:-1, np.newaxis], edges[1:, np.newaxis]
        inside = np.minimum(self._right, stops) - np.maximum(self._left, starts)
        owners = np.where(inside.max(0) >= _MOSTLY * (self._right - self._left), inside.argmax(0), _CUT_THROUGH)
        owners[0] = _NOBODY
        return tuple(self._cut_out(owners, number, *pair) for number, pair in enumerate(pairwise(edges.tolist())))

    def _cut_out(self, owners: NDArray[np.intp], number: int, start: int, stop: int) -> Cut:
        """One character: its parts, and what of those that are cut through lies between these columns."""
        whole = np.flatnonzero(owners == number)
        key = start, stop, *whole.tolist()
        if key not in self._made:
            self._made[key] = self._of_parts(whole, owners, start, stop) or self._of_columns(start, stop)
        return self._made[key]

    def _of_parts(self, whole: NDArray[np.intp], owners: NDArray[np.intp], start: int, stop: int) -> Cut | None:
        labels, stats, first = self._labels, self._stats, 0
        cut_through = owners[labels[:, start:stop]] == _CUT_THROUGH
        if cut_through.any():
            first = min([start, *self._left[whole]])
            own = _among(whole, stats)[labels[:, first : max([stop, *self._right[whole]])]]
            own[:, start - first : stop - first] |= cut_through
            labels, stats = _parts(own)
            whole = np.arange(1, len(stats))
        if not whole.size:
            return None
        main = whole[_belong_together(stats[whole])]
        (left, top), (right, bottom) = stats[main, :2].min(0), (stats[main, :2] + stats[main, 2:4]).max(0)
        inked = _among(main, stats)[labels[top:bottom, left:right]]
        left, right = int(first + left), int(first + right)
        return self._placed(np.where(inked, self._ink[top:bottom, left:right], np.uint8(0)), int(top), left)

    def _of_columns(self, start: int, stop: int) -> Cut:
        """All ink between two columns, at least one of them: something is told there, of ink too faint to be sure."""
        first = min(start, self._ink.shape[1] - 1)
        return self._placed(self._ink[:, first : max(stop, first + 1)], 0, first)

    def _placed(self, ink: Grey, top: int, left: int) -> Cut:
        top, left = self._top + top, self._first + left
        return Cut(slice(top, top + ink.shape[0]), slice(left, left + ink.shape[1]), ink)


def _parts(writing: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """What part each pixel belongs to, and of each part left, top, width, height and area; the first is the paper."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(writing.astype(np.uint8), connectivity=8)
    return np.asarray(labels), np.asarray(stats)


def _among(chosen: NDArray[np.intp], stats: NDArray[np.int32]) -> Mask:
    """For each part whether it is one of those chosen."""
    among = np.zeros(len(stats), np.bool_)
    among[chosen] = True
    return among


def _belong_together(stats: NDArray[np.int32]) -> Mask:
    """Which parts are the largest one or belong to it: half as high, or above it or below."""
    left, width, height = stats[:, 0], stats[:, 2], stats[:, 3]
    largest = stats[:, 4].argmax()
    shared = np.minimum(left + width, (left + width)[largest]) - np.maximum(left, left[largest])
    return np.asarray((shared >= _SHARED * width) | (height >= _SHARED * height[largest]))


def _least(ink: NDArray[np.float32], before: float, after: float) -> int:
    """The column between two others that has the least ink, of several the one nearest to the middle."""
    # What is told late may be told beyond the end of the strip.
    first, last = (min(max(round(place), 0), len(ink) - 1) for place in (before, after))
    columns = np.arange(first, last + 1)
    return int(columns[(ink[columns] + 0.05 * np.abs(columns - (before + after) / 2)).argmin()])


def _slope(writing: Mask, box: tuple[slice, slice]) -> float:
    """How far the writing falls for each column, by least squares; 0 where it is too short to tell."""
    rows, columns = box
    if columns.stop - columns.start < _LONG * (rows.stop - rows.start):
        return 0.0
    moments = cv2.moments(writing[box].astype(np.uint8), binaryImage=True)
    slope = moments["mu11"] / max(moments["mu20"], 1.0)
    return slope if 0.01 < abs(slope) < _STEEPEST else 0.0
