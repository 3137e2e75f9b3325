"""Find the panel of a figure or a screenshot: a dark rectangle on a light background that holds the digit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Gray
from digitrec.imaging.ink.components import measure_components

_MIN_SIDE = 0.2  # Shortest side of a panel, as a share of the image's shorter side.
_MIN_PIXELS = 12  # The same in pixels. A smaller rectangle is a dot.
_MAX_ASPECT = 1.6  # Longest side of a panel, relative to the shorter one.
_MIN_DARK_SHARE = 0.55  # A panel is mostly dark, whereas strokes and frames are not.
_MIN_INSIDE, _MAX_OUTSIDE = 0.97, 0.25  # Shares of dark pixels along each edge; ticks of an axis end at the outside.
_MAX_TICK = 0.02  # Width of ticks and lines that are cut off, as a share of the longer side.


def find_panel(gray: Gray) -> tuple[slice, slice] | None:
    """Return the rows and columns inside the largest dark, upright rectangle on a light background, or None."""
    height, width = gray.shape
    _, dark = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    size = 2 * round(_MAX_TICK / 2 * max(height, width)) + 1
    opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    stats = measure_components(opened.view(np.bool_), connectivity=4)[1][1:]
    if not len(stats):
        return None
    left, top, columns, rows, area = stats[stats[:, cv2.CC_STAT_AREA].argmax()].tolist()
    bottom, right = top + rows, left + columns
    is_panel = (
        min(top, left, height - bottom, width - right) >= 2
        and min(rows, columns) >= max(_MIN_SIDE * min(height, width), _MIN_PIXELS)
        and max(rows, columns) <= _MAX_ASPECT * min(rows, columns)
        and area >= _MIN_DARK_SHARE * rows * columns
    )
    if not is_panel:
        return None
    # A pixel away from the edge on both sides, because it may be blurred.
    inside = dark[top + 1 : bottom - 1, left + 1 : right - 1]
    outside = dark[top - 2 : bottom + 2, left - 2 : right + 2]
    if _edges(inside).min() < _MIN_INSIDE or _edges(outside).max() > _MAX_OUTSIDE:
        return None
    return slice(top + 2, bottom - 2), slice(left + 2, right - 2)


def _edges(mask: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the share of pixels set along the top, bottom, left and right."""
    return np.array([np.count_nonzero(edge) / edge.size for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1])])
