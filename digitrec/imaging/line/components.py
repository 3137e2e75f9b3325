"""Select the components that make up one line of writing."""

from typing import NamedTuple

import cv2
import numpy as np

from digitrec.imaging.arrays import Mask, border_pixels
from digitrec.imaging.ink.cell_frame import are_border_lines, are_frame, is_frame
from digitrec.imaging.ink.components import (
    FAR,
    MIN_SIZE,
    NEAR,
    largest_components,
    measure_components,
    select_components,
)

_ALONG_EDGE = 0.4  # A component runs along the edge if more than this share of its length touches it.
_MAX_EDGE_LENGTH = 1.4  # Such a component is not writing if it is longer, relative to the height of the writing.
_MIN_SECOND_LINE = 0.6  # A dropped component is part of another line if its height differs at most by this factor.
_EDGE_WEIGHT = 0.3  # Weight of components that touch the edge when the largest one is chosen.


class LineComponents(NamedTuple):
    """The components that make up one line of writing."""

    writing: Mask
    dropped: int  # The number of other components.
    has_second_line: bool  # Whether some of those look like another line.


def find_line_components(strong: Mask) -> LineComponents:
    """Return the components that make up one line of writing.

    The line grows from its largest component to both sides, by components of similar height at a similar level. A
    tightly cropped number may touch the edges of the image; components that run along an edge are dropped.
    """
    labels, stats = measure_components(strong)
    count = len(stats)
    if count == 1 or is_frame(strong):
        return LineComponents(np.zeros_like(strong), count - 1, False)
    numbers = largest_components(stats)
    boxes, areas = stats[numbers, :4].astype(float), stats[numbers, 4].astype(float)
    low, high, heights = boxes[:, :2], boxes[:, :2] + boxes[:, 2:], boxes[:, 3]
    sizes = boxes[:, 2:].max(1)
    contact = np.bincount(border_pixels(labels), minlength=count)[numbers]
    along = contact > _ALONG_EDGE * sizes
    # A 1 may stand on the edge.
    if along.any():
        along &= are_frame(labels, stats[:, cv2.CC_STAT_AREA])[numbers]
    # Limiting the area by the height keeps a long dash from being chosen.
    weights = np.minimum(areas, heights**2) * np.select([along, contact > 0], [0, _EDGE_WEIGHT], 1)
    largest = int(np.argmax(weights if weights.any() else areas))
    outside = along & (sizes > _MAX_EDGE_LENGTH * heights[largest])
    outside |= are_border_lines(boxes, areas, strong.shape[1], heights[largest])
    kept, added = np.zeros(len(numbers), bool), np.array([largest])
    gaps, nearest = np.full(len(numbers), np.inf), np.zeros(len(numbers), np.intp)
    middle = (low[:, 1] + high[:, 1]) / 2
    while added.size:
        kept[added] = True
        tallest = heights[kept].max()
        # Compare with the nearest component of the line, not with all of it, because a line may slope.
        added_gaps = np.maximum(low[:, np.newaxis, 0] - high[added, 0], low[added, 0] - high[:, np.newaxis, 0])
        closest, least = added[added_gaps.argmin(1)], added_gaps.min(1)
        is_nearer = (least < gaps) | ((least == gaps) & (closest < nearest))
        gaps, nearest = np.where(is_nearer, least, gaps), np.where(is_nearer, closest, nearest)
        beside = (middle > low[nearest, 1] - NEAR * tallest) & (middle < high[nearest, 1] + NEAR * tallest)
        similar = (heights >= NEAR * tallest) & (heights <= FAR * tallest) & (gaps <= FAR * tallest)
        small = (sizes >= MIN_SIZE * tallest) & (sizes <= tallest) & (gaps <= NEAR / 2 * tallest)
        added = np.flatnonzero(beside & (similar | small) & ~outside & ~kept)
    similar = (heights >= _MIN_SECOND_LINE * tallest) & (heights <= tallest / _MIN_SECOND_LINE) & (contact == 0)
    second_line = ~kept & similar & (areas >= NEAR * np.median(areas[kept]))
    return LineComponents(
        select_components(labels, count, numbers[kept]), count - 1 - int(kept.sum()), bool(second_line.any())
    )
