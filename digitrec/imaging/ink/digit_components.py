"""Select the components that make up one digit."""

import cv2
import numpy as np

from digitrec.imaging.arrays import Mask, edge_margin
from digitrec.imaging.ink.cell_frame import are_border_lines, are_frame, is_frame
from digitrec.imaging.ink.components import (
    FAR,
    LARGE,
    MIN_SIZE,
    NEAR,
    largest_components,
    measure_components,
    select_components,
)

# Two digits side by side, relative to their height.
_MIN_ASPECT = 1.5  # One digit is narrower than this, unless it is a single component.
_MIN_ADVANCE = 0.4  # Lowest width of the narrower digit plus the gap between the two.
_MAX_OVERLAP = 0.2  # How far slanted digits may overlap horizontally.


def find_main_components(strong: Mask) -> tuple[Mask, int]:
    """Return the components that make up the writing, and how many others were dropped.

    The writing is the largest component that doesn't touch the edge of the image, and all others near it. Components
    at the edge (shadows, desks, neighboring writing) count only if there is nothing else, and borders of a table's
    cell never do.
    """
    labels, stats = measure_components(strong)
    count = len(stats)
    if count == 1:
        return np.zeros_like(strong), 0
    numbers = largest_components(stats)
    boxes, areas = stats[numbers, :4].astype(float), stats[numbers, 4].astype(float)
    height, width = strong.shape
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    sizes = boxes[:, 2:].max(1)
    at_edge = (low == 0).any(1) | (high == (width, height)).any(1)
    # Pieces of a frame or a table's lines stay close to the edges.
    margin = edge_margin(strong)
    in_margin = ((high <= margin) | (low >= np.array((width, height)) - margin)).any(1)
    inner = ~at_edge & ~in_margin & (sizes >= MIN_SIZE * min(height, width))
    if not inner.any():
        # Writing that is cut off by the edge, beside the lines of a cell.
        inner = ~are_frame(labels, stats[:, cv2.CC_STAT_AREA])[numbers] & (sizes >= MIN_SIZE * min(height, width))
    if not inner.any() and is_frame(strong):
        return np.zeros_like(strong), count - 1
    largest = int(np.argmax(areas * (inner if inner.any() else 1)))

    kept = np.zeros(len(numbers), bool)
    kept[largest] = True
    size = sizes[largest]
    is_excluded = (at_edge | in_margin) & inner.any()
    is_excluded |= are_border_lines(boxes, areas, width, boxes[largest, 3])
    is_border = at_edge & in_margin & inner.any() & (sizes >= LARGE * size)
    while True:
        low_kept, high_kept = low[kept].min(0), high[kept].max(0)
        gaps = np.maximum(np.maximum(low - high_kept, low_kept - high), 0).max(1)
        near = (gaps <= NEAR * size) & (sizes >= MIN_SIZE * size) & ~is_excluded
        touching = (gaps <= NEAR / 3 * size) & (sizes <= size) & (sizes >= MIN_SIZE * size) & ~is_border
        other_digit = (sizes >= LARGE * size) & (gaps <= FAR * size) & ~is_excluded
        grown = kept | near | touching | other_digit
        if (grown == kept).all():
            break
        kept = grown
    return select_components(labels, count, numbers[kept]), count - 1 - int(kept.sum())


def has_digits_side_by_side(strong: Mask) -> bool:
    """Return whether cropped ink is wider than one digit and has components of similar height in a row.

    Components one above the other may be one digit with a gap, and a thin one close to another may be the stem of an
    open 4.
    """
    height, width = strong.shape
    if width < _MIN_ASPECT * height:
        return False
    stats = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)[2][1:]
    left, _, widths, heights, _ = stats[stats[:, cv2.CC_STAT_HEIGHT] >= LARGE * stats[:, cv2.CC_STAT_HEIGHT].max()].T
    first, last = (left + widths).argmin(), left.argmax()
    gap = left[last] - (left + widths)[first]
    narrower, height = min(widths[first], widths[last]), heights.max()
    return bool(gap >= -_MAX_OVERLAP * height and narrower + gap >= _MIN_ADVANCE * height)
