"""Where a line of writing is cut into characters."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.line.detection import Gray, HandwrittenLine
from digitrec.imaging.line.straightening import STRIP_HEIGHT, Strip

_REACH = 12
"""A seam stays this near to where it is expected, in columns of the strip."""
_STRAY = 0.5
"""What a seam costs that runs a column from there, as much as crossing so many pixels of ink; two cost four times."""
_MOSTLY = 0.75
"""A part of which this share lies between two seams belongs there whole."""
_SHARED = 0.5
"""Parts above each other share this much of the width of one; one beside another is a character's if so high."""
_CUT_THROUGH = -1


class Segment(NamedTuple):
    """What of a line is one character."""

    rows: slice
    columns: slice
    ink: Gray
    side_by_side: bool = False
    """Whether it holds another part beside its largest one."""


class Segmenter:
    """Cuts a line's ink into the characters that its strip is said to tell.

    Two characters are parted by a seam, the path from top to bottom that crosses the least ink and does not stray far
    from where the border between them is expected (Avidan and Shamir 2007). A part that lies mostly between two seams
    belongs there whole; and what stands beside a character, such as a dot, does not belong to it.
    """

    def __init__(self, line: HandwrittenLine, strip: Strip) -> None:
        # Without writing there would be no strip.
        rows, columns = cast(tuple[slice, slice], bounding_box(line.writing))
        self._ink, self._strip = line.ink, strip
        writing = line.writing[rows, columns]
        # Six times as fast as with their boxes.
        count, labels = cv2.connectedComponents(writing.view(np.uint8), connectivity=8)
        # From left to right, so that what a seam passes is found at once.
        inked_columns, inked_rows = np.divmod(np.flatnonzero(writing.T), writing.shape[0])
        self._parts = labels[inked_rows, inked_columns].astype(np.intp)
        self._areas = np.bincount(self._parts, minlength=count)
        self._rows, self._columns = inked_rows + rows.start, inked_columns + columns.start
        self._places = strip.places(self._rows, self._columns)
        self._made: dict[bytes | tuple[int, int], Segment] = {}

    def cut(self, borders: Sequence[Sequence[float]]) -> list[tuple[Segment, ...]]:
        """What of the ink each character is, for several texts whose characters meet at about these columns."""
        width = self._strip.image.shape[1]
        at = [np.clip(np.round(of_text), 0, width).astype(int).tolist() for of_text in borders]
        seams_at = sorted({border for of_text in at for border in of_text})
        sides = dict(zip(seams_at, map(self._side, find_seams(self._strip.image, seams_at)), strict=True))
        cuts = []
        for of_text in at:
            passed = [sides[border] for border in of_text]
            until = np.array([0 * self._areas, *(areas for _, areas in passed), self._areas])
            shares = np.diff(until, axis=0)
            owners = np.where(shares.max(0) >= _MOSTLY * self._areas, shares.argmax(0), _CUT_THROUGH)[self._parts]
            through = owners == _CUT_THROUGH
            if through.any():
                owners[through] = sum(beyond[through] for beyond, _ in passed)
            ends = pairwise((0, *of_text, width))
            cuts.append(tuple(self._cut_out(owners == number, *pair) for number, pair in enumerate(ends)))
        return cuts

    def _side(self, seam: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Which pixels of the ink are to the right of a seam, and of each part how many are to its left."""
        rows, across = self._places
        first, last = np.searchsorted(across, (seam.min() + 0.5, seam.max() + 0.5))
        beyond = np.zeros(len(across), np.bool_)
        beyond[first:last] = across[first:last] >= seam[rows[first:last]] + 0.5
        beyond[last:] = True
        return beyond, self._areas - np.bincount(self._parts[beyond], minlength=len(self._areas))

    def _cut_out(self, own: NDArray[np.bool_], start: int, stop: int) -> Segment:
        """One character of these pixels of the ink, or where it has none, all there is between two columns."""
        pixels = np.flatnonzero(own)
        key = pixels.tobytes() if pixels.size else (start, stop)
        if key not in self._made:
            self._made[key] = self._of_pixels(pixels) if pixels.size else self._of_columns(start, stop)
        return self._made[key]

    def _of_pixels(self, own: NDArray[np.intp]) -> Segment:
        rows, columns = self._rows[own], self._columns[own]
        top, left = rows.min(), columns[0]
        inked = np.zeros((rows.max() + 1 - top, columns[-1] + 1 - left), np.uint8)
        inked[rows - top, columns - left] = 1
        side_by_side = False
        if cv2.connectedComponents(inked, connectivity=8)[0] > 2:
            _, labels, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
            within, as_high = _belonging(stats[1:])
            inked = np.concatenate([[False], within | as_high])[labels]
            side_by_side = bool((as_high & ~within).any())
        box = rows, columns = bounding_box(inked) or (slice(0, 1), slice(0, 1))
        rows, columns = slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop)
        return Segment(rows, columns, self._ink[rows, columns] * inked[box], side_by_side)

    def _of_columns(self, start: int, stop: int) -> Segment:
        """All ink between two columns of the strip: something is told there, of ink too faint to be sure."""
        first, last = (round(self._strip.left + place / self._strip.scale) for place in (start, stop))
        first = min(max(first, 0), self._ink.shape[1] - 1)
        columns = slice(first, min(max(last, first + 1), self._ink.shape[1]))
        rows = slice(self._rows.min(), self._rows.max() + 1)
        return Segment(rows, columns, self._ink[rows, columns])


def leftover_components(line: HandwrittenLine, cuts: Sequence[Segment]) -> list[Segment]:
    """The parts of a line's writing of which none of the cuts holds anything."""
    rest = line.writing.astype(np.uint8)
    for rows, columns, ink, _ in cuts:
        rest[rows, columns][ink > 0] = 0
    if not rest.any():
        return []
    # What is left of a part that was cut through belongs to a character.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(line.writing.view(np.uint8), connectivity=8)
    whole = np.flatnonzero(np.bincount(labels[rest > 0], minlength=len(stats)) == stats[:, cv2.CC_STAT_AREA])
    parts = []
    for number in whole.tolist():
        left, top, width, height, _ = stats[number].tolist()
        box = rows, columns = slice(top, top + height), slice(left, left + width)
        parts.append(Segment(rows, columns, np.where(labels[box] == number, line.ink[box], np.uint8(0))))
    return parts


def find_seams(ink: NDArray[np.float32], borders: Sequence[int]) -> NDArray[np.intp]:
    """The column (borders, 32) in each row of a strip (32, width) in which the seam at each border runs.

    Every second row it may step aside by a column.
    """
    if not borders:
        return np.zeros((0, STRIP_HEIGHT), np.intp)
    beside = np.arange(-_REACH, _REACH + 1)
    around = np.array(borders, np.intp)[:, np.newaxis] + beside
    padded = np.zeros((STRIP_HEIGHT // 2, ink.shape[1] + 2 * _REACH + 1), np.float32)
    padded[:, _REACH : _REACH + ink.shape[1]] = ink[::2] + ink[1::2]
    # What it costs to come here from the top, by dynamic programming.
    costs = padded[:, around + _REACH] + np.float32(_STRAY / len(padded)) * np.square(beside, dtype=np.float32)
    near = np.ones((1, 3), np.uint8)
    for above, costs_of_row in pairwise(costs):
        costs_of_row += cv2.erode(above, near)
    found = np.empty((len(borders), len(costs)), np.intp)
    every = np.arange(len(borders))
    at = costs[-1].argmin(1)
    for row in range(len(costs) - 1, -1, -1):
        found[:, row] = around[every, at]
        from_here = np.clip(at[:, np.newaxis] + (0, -1, 1), 0, 2 * _REACH)
        at = from_here[every, costs[row - 1][every[:, np.newaxis], from_here].argmin(1)]
    return found.repeat(2, 1)


def _belonging(stats: NDArray[np.number]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which parts are the largest one or above it or below, and which are half as high."""
    left, width, height = stats[:, 0], stats[:, 2], stats[:, 3]
    largest = stats[:, 4].argmax()
    shared = np.minimum(left + width, (left + width)[largest]) - np.maximum(left, left[largest])
    return np.asarray(shared >= _SHARED * width), np.asarray(height >= _SHARED * height[largest])
