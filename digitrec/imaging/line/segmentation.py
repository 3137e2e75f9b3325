"""Segment a line of writing into characters by seam carving."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Ink, bounding_box
from digitrec.imaging.line.detection import HandwrittenLine
from digitrec.imaging.line.straightening import STRIP_HEIGHT, Strip

_SEAM_RANGE = 12  # A seam stays within this many columns of the expected border.
_STRAY_COST = 0.5  # Cost of a seam one column off the border, in pixels of ink; grows with the squared distance.
_WHOLE_SHARE = 0.75  # A component belongs to one character entirely if this share of it lies between two seams.
_SAME_CHARACTER = 0.5  # Parts of a character overlap by this share of their width, or are this tall beside the largest.
_SPLIT = -1  # Marks a component that is divided between characters.


class Segment(NamedTuple):
    """The ink of one character of a line."""

    rows: slice
    columns: slice
    ink: Ink
    has_side_part: bool = False  # Whether it includes a component beside its largest one.


class Segmenter:
    """Divides the ink of a line into characters, given the borders between them.

    Two characters are separated by a seam (Avidan and Shamir 2007): the path from top to bottom that crosses the least
    ink close to the expected border. A component that lies mostly between two seams is assigned to that character
    entirely. Small components beside a character, such as dots, don't belong to it.
    """

    def __init__(self, line: HandwrittenLine, strip: Strip) -> None:
        # A strip exists only if there is writing.
        rows, columns = cast(tuple[slice, slice], bounding_box(line.writing))
        self._ink, self._strip = line.ink, strip
        writing = line.writing[rows, columns]
        # Six times as fast as connectedComponentsWithStats.
        count, labels = cv2.connectedComponents(writing.view(np.uint8), connectivity=8)
        # Sorted by column, so that a binary search finds the pixels beyond a seam.
        inked_columns, inked_rows = np.divmod(np.flatnonzero(writing.T), writing.shape[0])
        self._components = labels[inked_rows, inked_columns].astype(np.intp)
        self._areas = np.bincount(self._components, minlength=count)
        self._rows, self._columns = inked_rows + rows.start, inked_columns + columns.start
        self._positions = strip.locate(self._rows, self._columns)
        self._cache: dict[bytes | tuple[int, int], Segment] = {}

    def segment(self, borders: Sequence[Sequence[float]]) -> list[tuple[Segment, ...]]:
        """Return the segments of several texts, given the columns of the strip where their characters meet."""
        width = self._strip.image.shape[1]
        rounded: list[list[int]] = [np.clip(np.round(columns), 0, width).astype(int).tolist() for columns in borders]
        distinct = sorted({border for columns in rounded for border in columns})
        splits = dict(zip(distinct, map(self._split_at, find_seams(self._strip.image, distinct)), strict=True))
        segmentations = []
        for columns in rounded:
            sides = [splits[border] for border in columns]
            cumulative = np.array([0 * self._areas, *(areas for _, areas in sides), self._areas])
            areas = np.diff(cumulative, axis=0)  # (characters, components)
            is_whole = areas.max(0) >= _WHOLE_SHARE * self._areas
            owners = np.where(is_whole, areas.argmax(0), _SPLIT)[self._components]
            is_split = owners == _SPLIT
            if is_split.any():
                owners[is_split] = sum(is_right[is_split] for is_right, _ in sides)
            ends = pairwise((0, *columns, width))
            segmentations.append(tuple(self._segment(owners == number, *pair) for number, pair in enumerate(ends)))
        return segmentations

    def _split_at(self, seam: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Return which inked pixels are to the right of a seam, and how many of each component are to its left."""
        rows, columns = self._positions
        first, last = np.searchsorted(columns, (seam.min() + 0.5, seam.max() + 0.5))
        is_right = np.zeros(len(columns), np.bool_)
        is_right[first:last] = columns[first:last] >= seam[rows[first:last]] + 0.5
        is_right[last:] = True
        return is_right, self._areas - np.bincount(self._components[is_right], minlength=len(self._areas))

    def _segment(self, is_inside: NDArray[np.bool_], start: int, stop: int) -> Segment:
        """Return the segment of these inked pixels or, if there are none, of all ink between two columns."""
        pixels = np.flatnonzero(is_inside)
        key = pixels.tobytes() if pixels.size else (start, stop)
        if key not in self._cache:
            self._cache[key] = self._from_pixels(pixels) if pixels.size else self._from_columns(start, stop)
        return self._cache[key]

    def _from_pixels(self, pixels: NDArray[np.intp]) -> Segment:
        rows, columns = self._rows[pixels], self._columns[pixels]
        top, left = rows.min(), columns[0]
        inked = np.zeros((rows.max() + 1 - top, columns[-1] + 1 - left), np.uint8)
        inked[rows - top, columns - left] = 1
        has_side_part = False
        if cv2.connectedComponents(inked, connectivity=8)[0] > 2:
            _, labels, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
            is_stacked, is_tall = _match_largest(stats[1:])
            inked = np.concatenate([[False], is_stacked | is_tall])[labels]
            has_side_part = bool((is_tall & ~is_stacked).any())
        box = rows, columns = bounding_box(inked) or (slice(0, 1), slice(0, 1))
        rows, columns = slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop)
        return Segment(rows, columns, self._ink[rows, columns] * inked[box], has_side_part)

    def _from_columns(self, start: int, stop: int) -> Segment:
        """Return all ink between two columns of the strip, which may be too faint to count as writing."""
        first, last = (round(self._strip.left + column / self._strip.scale) for column in (start, stop))
        first = min(max(first, 0), self._ink.shape[1] - 1)
        columns = slice(first, min(max(last, first + 1), self._ink.shape[1]))
        rows = slice(self._rows.min(), self._rows.max() + 1)
        return Segment(rows, columns, self._ink[rows, columns])


def leftover_components(line: HandwrittenLine, segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield the components of the writing that are in none of the segments."""
    unused = line.writing.astype(np.uint8)
    for rows, columns, ink, _ in segments:
        unused[rows, columns][ink > 0] = 0
    if not unused.any():
        return
    # The rest of a component that was partly used belongs to a character.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(line.writing.view(np.uint8), connectivity=8)
    leftovers = np.flatnonzero(np.bincount(labels[unused > 0], minlength=len(stats)) == stats[:, cv2.CC_STAT_AREA])
    for number in leftovers.tolist():
        left, top, width, height, _ = stats[number].tolist()
        box = rows, columns = slice(top, top + height), slice(left, left + width)
        yield Segment(rows, columns, np.where(labels[box] == number, line.ink[box], np.uint8(0)))


def find_seams(ink: NDArray[np.float32], borders: Sequence[int]) -> NDArray[np.intp]:
    """Return the column (borders, 32) of the seam at each border for each row of a strip (32, width)."""
    if not borders:
        return np.zeros((0, STRIP_HEIGHT), np.intp)
    offsets = np.arange(-_SEAM_RANGE, _SEAM_RANGE + 1)
    candidates = np.array(borders, np.intp)[:, np.newaxis] + offsets
    padded = np.zeros((STRIP_HEIGHT // 2, ink.shape[1] + 2 * _SEAM_RANGE + 1), np.float32)
    padded[:, _SEAM_RANGE : _SEAM_RANGE + ink.shape[1]] = ink[::2] + ink[1::2]
    # Dynamic programming: the lowest cost of a path from the top to each pixel.
    stray_costs = np.float32(_STRAY_COST / len(padded)) * np.square(offsets, dtype=np.float32)
    costs = padded[:, candidates + _SEAM_RANGE] + stray_costs
    neighbors = np.ones((1, 3), np.uint8)
    for above, row_costs in pairwise(costs):
        row_costs += cv2.erode(above, neighbors)
    seams = np.empty((len(borders), len(costs)), np.intp)
    every = np.arange(len(borders))
    current = costs[-1].argmin(1)
    for row in range(len(costs) - 1, -1, -1):
        seams[:, row] = candidates[every, current]
        # A seam moves sideways by at most one column for two rows of the strip.
        previous = np.clip(current[:, np.newaxis] + (0, -1, 1), 0, 2 * _SEAM_RANGE)
        current = previous[every, costs[row - 1][every[:, np.newaxis], previous].argmin(1)]
    return seams.repeat(2, 1)


def _match_largest(stats: NDArray[np.number]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which components are the largest one or stacked with it, and which are at least half as high."""
    left, width, height = stats[:, 0], stats[:, 2], stats[:, 3]
    largest = stats[:, 4].argmax()
    overlap = np.minimum(left + width, (left + width)[largest]) - np.maximum(left, left[largest])
    return np.asarray(overlap >= _SAME_CHARACTER * width), np.asarray(height >= _SAME_CHARACTER * height[largest])
