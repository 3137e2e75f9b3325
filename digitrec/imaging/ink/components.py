"""Connected components: measure and select them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Mask, border_pixels, bounding_box

MAX_COMPONENTS = 500
"""How many components of an image are considered: the largest by area.

Photos of numbers have about fifteen, and drawings no more than strokes. Choosing among thousands would take seconds.
"""

# Sizes and distances relative to the size of the largest component, or to the height of the line.
NEAR = 0.3  # A component at most this far away belongs to the same digit.
MIN_SIZE = 0.08  # Smaller components are specks.
LARGE, FAR = 0.5, 2.5  # A component at least this large and at most this far away is another digit.


def measure_components(mask: Mask, connectivity: int = 8) -> tuple[NDArray[np.number], NDArray[np.number]]:
    """Return the labels (height, width) of components, 0 where there are none, and OpenCV's statistics (count, 5).

    Only the bounding box of all components is searched, which is mostly a small part of a photo.
    """
    labels = np.zeros(mask.shape, np.int32)
    rows, columns = bounding_box(mask) or (slice(0, 1), slice(0, 1))
    inside = mask[rows, columns].astype(np.uint8)
    _, labels[rows, columns], stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=connectivity)
    stats[1:, :2] += columns.start, rows.start
    return labels, stats


def select_components(labels: NDArray[np.number], count: int, numbers: NDArray[np.number]) -> Mask:
    """Return the pixels of the components with these numbers, of ``count`` labels in all."""
    is_selected = np.zeros(count, np.bool_)
    is_selected[numbers] = True
    # Looking up only the ink is much faster, because most of an image is paper.
    inked = labels > 0
    selected = np.zeros(labels.shape, np.bool_)
    selected[inked] = is_selected[labels[inked]]
    return selected


def touching_edges(mask: Mask, connectivity: int = 8) -> Mask:
    """Return the pixels of the components that touch an edge of the image.

    ``connectivity`` is 4 or, if components may be connected diagonally, 8.
    """
    if not border_pixels(mask).any():
        return np.zeros_like(mask)
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity)
    return select_components(labels, count, border_pixels(labels))


def keep_largest_components(ink: Mask) -> Mask:
    """Return ink without its smaller components if there are more than ``MAX_COMPONENTS``."""
    if cv2.connectedComponents(ink.view(np.uint8), connectivity=8)[0] <= MAX_COMPONENTS + 1:
        return ink
    labels, stats = measure_components(ink)
    return select_components(labels, len(stats), largest_components(stats))


def largest_components(stats: NDArray[np.number]) -> NDArray[np.intp]:
    """Return the labels of the largest components, in ascending order."""
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    return 1 + np.sort(order[:MAX_COMPONENTS])
