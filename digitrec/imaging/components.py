"""Which of the things on a picture are the writing."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (height, width)

NEAR = 0.3
"""A part this near to the largest one, by its size, belongs to it."""
LARGE, FAR = 0.5, 2.5
"""A part this large and not this far away is writing too: then there is more than one digit."""
_WIDE = 1.5
"""One digit is not so many times as wide as it is high, unless it is all of one part."""
_IN_A_ROW = 0.4
"""The narrower of two digits, with the gap between them, is at least as wide as this share of their height,"""
_OVERLAP = 0.2
"""and they share no more columns than this, in a slanted hand."""
_SMALLEST = 0.08
_ALONG = 0.4
"""What touches the edge of the picture with more than this share of its length runs along it,"""
_LONGER = 1.4
"""and is no writing if it is so many times as long as the writing is high."""
_AS_HIGH = 0.6
"""Something left out is another line of writing if it is this high beside what was kept, and not much higher."""
_AT_EDGE = 0.3
"""What the area of a part at the edge counts for beside others when the line's beginning is chosen."""


def find_main_components(strong: Mask) -> tuple[Mask, int]:
    """The connected parts (height, width) that make up the writing, and how many others were left out.

    The writing is the largest part that does not touch the edge of the picture, with what is near it. Only where
    nothing else is there may it touch the edge: there begin shadows, desks and other people's writing.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)
    boxes, areas = stats[1:, :4].astype(float), stats[1:, 4].astype(float)
    if count == 1:
        return np.zeros_like(strong), 0
    height, width = strong.shape
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    sizes = boxes[:, 2:].max(1)
    at_edge = (low == 0).any(1) | (high == (width, height)).any(1)
    inner = ~at_edge & (sizes >= _SMALLEST * min(height, width))
    largest = int(np.argmax(areas * (inner if inner.any() else 1)))

    kept = np.zeros(count - 1, bool)
    kept[largest] = True
    size = sizes[largest]
    mostly_edge = at_edge & inner.any()
    while True:
        low_kept, high_kept = low[kept].min(0), high[kept].max(0)
        gaps = np.maximum(np.maximum(low - high_kept, low_kept - high), 0).max(1)
        near = (gaps <= NEAR * size) & (sizes >= _SMALLEST * size) & ~mostly_edge
        touching = (gaps <= NEAR / 3 * size) & (sizes <= size) & (sizes >= _SMALLEST * size)
        another = (sizes >= LARGE * size) & (gaps <= FAR * size) & ~mostly_edge
        grown = kept | near | touching | another
        if (grown == kept).all():
            break
        kept = grown
    return np.concatenate([[False], kept])[labels], int((~kept).sum())


def has_digits_side_by_side(strong: Mask) -> bool:
    """Whether cropped ink (height, width) is wider than any digit, with parts about as high as each other in a row.

    Parts above each other may be one digit with a gap; so may a thin one close to another, the stem of an open 4.
    """
    height, width = strong.shape
    if width < _WIDE * height:
        return False
    stats = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)[2][1:]
    left, _, widths, heights, _ = stats[stats[:, cv2.CC_STAT_HEIGHT] >= LARGE * stats[:, cv2.CC_STAT_HEIGHT].max()].T
    first, last = (left + widths).argmin(), left.argmax()
    gap = left[last] - (left + widths)[first]
    narrower, height = min(widths[first], widths[last]), heights.max()
    return bool(gap >= -_OVERLAP * height and narrower + gap >= _IN_A_ROW * height)


class LineComponents(NamedTuple):
    """What of a picture is one line of writing."""

    writing: Mask
    left_out: int
    """How many other parts there are."""
    another_line: bool
    """Whether some of them seem to be a line too."""


def find_line_components(strong: Mask) -> LineComponents:
    """The connected parts (height, width) that make up one line of writing.

    From its largest part the line grows to both sides, by parts about as high and at about its height. A number that
    was cut out of its paper touches the edges of the picture too; what runs along an edge is left out.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)
    if count == 1:
        return LineComponents(np.zeros_like(strong), 0, False)
    boxes, areas = stats[1:, :4].astype(float), stats[1:, 4].astype(float)
    low, high, heights = boxes[:, :2], boxes[:, :2] + boxes[:, 2:], boxes[:, 3]
    sizes = boxes[:, 2:].max(1)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(edge, minlength=count)[1:]
    along = contact > _ALONG * sizes
    # Nor does a line begin with a dash, however long.
    chances = np.minimum(areas, heights**2) * np.select([along, contact > 0], [0, _AT_EDGE], 1)
    largest = int(np.argmax(chances if chances.any() else areas))
    outside = along & (sizes > _LONGER * heights[largest])
    kept = np.zeros(count - 1, bool)
    kept[largest] = True
    while True:
        tallest = heights[kept].max()
        # Beside the nearest part of the line rather than beside all of it: a line may climb.
        apart = np.maximum(low[:, np.newaxis, 0] - high[kept, 0], low[kept, 0] - high[:, np.newaxis, 0])
        nearest = apart.argmin(1)
        middle = (low[:, 1] + high[:, 1]) / 2
        beside = (middle > low[kept][nearest, 1] - NEAR * tallest) & (middle < high[kept][nearest, 1] + NEAR * tallest)
        as_high = (heights >= NEAR * tallest) & (heights <= FAR * tallest) & (apart.min(1) <= FAR * tallest)
        small = (sizes >= _SMALLEST * tallest) & (sizes <= tallest) & (apart.min(1) <= NEAR / 2 * tallest)
        grown = kept | (beside & (as_high | small) & ~outside)
        if (grown == kept).all():
            break
        kept = grown
    as_large = (heights >= _AS_HIGH * tallest) & (heights <= tallest / _AS_HIGH) & (contact == 0)
    another = ~kept & as_large & (areas >= NEAR * np.median(areas[kept]))
    return LineComponents(np.concatenate([[False], kept])[labels], int((~kept).sum()), bool(another.any()))
