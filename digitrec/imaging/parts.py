"""Which of the things on a picture are the writing."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (height, width)

NEAR = 0.3
"""A part this near to the largest one, by its size, belongs to it."""
LARGE, FAR = 0.5, 2.5
"""A part this large and not this far away is writing too: then there is more than one digit."""
_SMALLEST = 0.08


def main_parts(strong: Mask) -> tuple[Mask, int]:
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
