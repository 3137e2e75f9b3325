"""The frame of a table's cell: lines along the edges of an image, often much darker than the writing."""

import cv2
import numpy as np

from digitrec.imaging.arrays import Contrast, Mask, bounding_box
from digitrec.imaging.components import EDGE_MARGIN, MIN_FRAME_LENGTH, find_frame, measure_components, select_components
from digitrec.imaging.ruled_lines import find_edge_bands, find_ruled_lines
from digitrec.imaging.thresholds import MIN_CONTRAST, hysteresis_threshold, otsu_threshold_near_edges

_REACH = 15  # Pixels around a frame, where it fades away.
_MIN_HEIGHT = 0.15  # Lowest height of writing in a cell, as a share of the image's shorter side.
_MIN_REACH = 0.3  # Writing reaches at least this far into a cell from both sides, as a share of the image's width.


def add_frame(strong: Mask, lines: Mask) -> Mask:
    """Return lines that were found, and the pieces of a frame among what else is strong."""
    return np.asarray(lines | find_frame(strong & ~lines), np.bool_)


def apply_threshold(contrast: Contrast) -> tuple[float, Mask, Mask, Mask]:
    """Return the threshold of ink, the pixels above it, ruled lines, and what is near the frame of a table's cell."""
    threshold = otsu_threshold_near_edges(contrast)
    strong = hysteresis_threshold(contrast, threshold)
    lines = find_ruled_lines(strong)
    threshold, near_frame = _threshold_beside_frame(
        contrast, threshold, add_frame(strong, lines | find_edge_bands(strong))
    )
    if near_frame.any():
        strong = hysteresis_threshold(contrast, threshold)
        lines = find_ruled_lines(strong)
    return threshold, strong, lines, near_frame


def remove_frame(strong: Mask, near_frame: Mask) -> Mask:
    """Return strong pixels without the frame along the edges and without what is left of it right beside it."""
    near_edges = near_frame.copy()
    margin = round(EDGE_MARGIN * min(strong.shape))
    near_edges[margin:-margin, margin:-margin] = False
    inner = strong & ~near_edges
    labels, stats = measure_components(inner)
    beside = np.unique(labels[cv2.dilate(near_edges.view(np.uint8), np.ones((5, 5), np.uint8)) > 0])
    low = beside[stats[beside, cv2.CC_STAT_HEIGHT] < _MIN_HEIGHT * min(strong.shape)]
    return inner & ~select_components(labels, len(stats), low)


def is_rest_of_frame(writing: Mask) -> bool:
    """Return whether the ink in a table's cell is only what remains of its lines: too low, or close to one edge."""
    rows, columns = bounding_box(writing) or (slice(0, 0), slice(0, 0))
    height, width = writing.shape
    margin, side_margin = EDGE_MARGIN * min(height, width), _MIN_REACH * width
    is_near_edge = rows.stop <= margin or rows.start >= height - margin
    is_near_edge |= columns.stop <= side_margin or columns.start >= width - side_margin
    return is_near_edge or bool(rows.stop - rows.start < _MIN_HEIGHT * min(height, width))


def _threshold_beside_frame(contrast: Contrast, threshold: float, frame: Mask) -> tuple[float, Mask]:
    """Return Otsu's threshold (1979) beside the lines of a table's cell, and the pixels near these if it is lower.

    The lines of a cell are often much darker than the writing in it, so that a threshold would only find them. If the
    cell is empty, the threshold is below ``MIN_CONTRAST``.
    """
    if frame.any():
        near_frame = cv2.dilate(frame.view(np.uint8), np.ones((_REACH, _REACH), np.uint8)) > 0
        lower = otsu_threshold_near_edges(np.where(near_frame, 0, contrast))
        if MIN_CONTRAST <= lower < threshold or (lower < MIN_CONTRAST and _runs_along_top_or_bottom(frame)):
            return lower, near_frame
    return threshold, np.zeros(contrast.shape, np.bool_)


def _runs_along_top_or_bottom(lines: Mask) -> bool:
    """Return whether there are lines along the top or the bottom of the image, as in a table's cell."""
    margin = max(1, round(EDGE_MARGIN * min(lines.shape)))
    return any(bool(part.mean(1).max() >= MIN_FRAME_LENGTH) for part in (lines[:margin], lines[-margin:]))
