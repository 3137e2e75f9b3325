"""The frame of a table's cell: lines along the edges of an image, often much darker than the writing."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Contrast, Mask, border_pixels, bounding_box, edge_margin, without_margin
from digitrec.imaging.ink.components import measure_components, select_components, touching_edges
from digitrec.imaging.ink.ruled_lines import find_edge_bands, find_ruled_lines
from digitrec.imaging.ink.thresholds import MIN_CONTRAST, hysteresis_threshold, otsu_threshold_near_edges

_REACH = 15  # Side of the square that adds the pixels around a frame, where it fades away.
_MAX_INSIDE = 0.4  # If a larger share of the lines is outside the margin, the paper is ruled.
_MIN_LENGTH = 0.8  # A straight line along the top or bottom is this long, as a share of the image's width.
_MAX_THRESHOLD = 0.9  # Highest threshold beside a frame without such a line, relative to that of the whole image.
# Relative to the image's shorter side.
_MIN_HEIGHT = 0.15  # Lowest height of writing in a cell.
_MIN_REACH = 0.3  # Writing reaches at least this far into a cell from the left and from the right.
_MIN_FRAME_LENGTH = 0.7  # A piece of a frame is at least this long, as a share of the image's width.
_MIN_INSIDE = 0.5  # A component with a smaller share of its pixels outside the margin is a piece of a frame.

# Upright straight lines near the left or right edge: the border of a table's cell, even if it is broken.
_BORDER_REACH = 0.15  # Such a line is this close to the edge, as a share of the image's width.
_MIN_BORDER_ASPECT = 8  # It is at least this many times as high as wide.
_MIN_BORDER_FILL = 0.7  # It fills this share of its box, unlike a 1, which is hardly ever that straight.
_MIN_BORDER_HEIGHT = 1.2  # It is higher than the writing by this factor.


def find_frame(strong: Mask) -> Mask:
    """Return the pixels near the edges of components that touch an edge, lie mostly there and run along the image.

    Upright ones are left out, because a 1 at the edge looks like them.
    """
    labels, stats = measure_components(touching_edges(strong))
    is_long = stats[:, cv2.CC_STAT_WIDTH] >= _MIN_FRAME_LENGTH * strong.shape[1]
    if not is_long[1:].any():
        return np.zeros_like(strong)
    pieces = is_long & are_frame(labels, stats[:, cv2.CC_STAT_AREA])
    frame = select_components(labels, len(stats), 1 + np.flatnonzero(pieces[1:]))
    without_margin(frame)[:] = False
    return frame


def is_frame(strong: Mask) -> bool:
    """Return whether all ink lies close to the edges of the image and some of it touches one."""
    return not without_margin(strong).any() and bool(border_pixels(strong).any())


def are_frame(labels: NDArray[np.number], areas: NDArray[np.number]) -> Mask:
    """Return which components (count,) lie mostly in the margin of the image, given the area of each."""
    inner = without_margin(labels)
    inside = np.bincount(inner[inner > 0], minlength=len(areas))
    return np.asarray(inside < _MIN_INSIDE * areas, np.bool_)


def are_border_lines(boxes: NDArray[np.number], areas: NDArray[np.number], width: int, height: float) -> Mask:
    """Return which components (N,) are upright lines beside writing of this height, in an image of this width."""
    left, _, widths, heights = boxes.T
    near_edge = (left + widths <= _BORDER_REACH * width) | (left >= (1 - _BORDER_REACH) * width)
    is_straight = (heights >= _MIN_BORDER_ASPECT * widths) & (areas >= _MIN_BORDER_FILL * widths * heights)
    return np.asarray(near_edge & is_straight & (heights > _MIN_BORDER_HEIGHT * height), np.bool_)


class Thresholded(NamedTuple):
    """The threshold between ink and paper, and the pixels found with it."""

    threshold: float  # A contrast from 0 to 1.
    strong: Mask  # Pixels above the threshold.
    lines: Mask  # Ruled lines among them.
    near_frame: Mask  # Pixels near the frame of a table's cell; none if there is no frame.


def add_frame(strong: Mask, lines: Mask) -> Mask:
    """Return lines that were found, and the pieces of a frame among what else is strong."""
    return np.asarray(lines | find_frame(strong & ~lines), np.bool_)


def widen_frame(frame: Mask) -> Mask:
    """Return the pixels of a frame and those around it, where it fades away."""
    return cv2.dilate(frame.view(np.uint8), np.ones((_REACH, _REACH), np.uint8)) > 0


def apply_threshold(contrast: Contrast) -> Thresholded:
    """Separate ink from paper, by a threshold that suits the writing even beside the darker frame of a cell."""
    threshold = otsu_threshold_near_edges(contrast)
    strong = hysteresis_threshold(contrast, threshold)
    lines = find_ruled_lines(strong)
    threshold, near_frame = _threshold_beside_frame(
        contrast, threshold, add_frame(strong, lines | find_edge_bands(strong))
    )
    if near_frame.any():
        strong = hysteresis_threshold(contrast, threshold)
        lines = find_ruled_lines(strong)
    return Thresholded(threshold, strong, lines, near_frame)


def remove_frame(strong: Mask, near_frame: Mask) -> Mask:
    """Return the strong pixels without the frame along the edges and any remains right beside it."""
    near_edges = near_frame.copy()
    without_margin(near_edges)[:] = False
    inner = strong & ~near_edges
    labels, stats = measure_components(inner)
    beside = np.unique(labels[cv2.dilate(near_edges.view(np.uint8), np.ones((5, 5), np.uint8)) > 0])
    low = beside[stats[beside, cv2.CC_STAT_HEIGHT] < _MIN_HEIGHT * min(strong.shape)]
    return inner & ~select_components(labels, len(stats), low)


def is_rest_of_frame(writing: Mask) -> bool:
    """Return whether the ink in a table's cell is only what remains of its lines: too low, or close to one edge."""
    rows, columns = bounding_box(writing) or (slice(0, 0), slice(0, 0))
    height, width = writing.shape
    side, margin = min(height, width), edge_margin(writing)
    is_near_edge = rows.stop <= margin or rows.start >= height - margin
    is_near_edge |= columns.stop <= _MIN_REACH * side or columns.start >= width - _MIN_REACH * side
    return is_near_edge or bool(rows.stop - rows.start < _MIN_HEIGHT * side)


def _threshold_beside_frame(contrast: Contrast, threshold: float, frame: Mask) -> tuple[float, Mask]:
    """Return Otsu's threshold (1979) beside the frame of a table's cell, and the pixels near the frame if it is lower.

    The lines of a cell are often much darker than the writing in it, so that a threshold would only find them. If the
    cell is empty, the threshold is below ``MIN_CONTRAST``.
    """
    inside = without_margin(frame)
    if frame.any() and inside.sum() <= _MAX_INSIDE * frame.sum():
        margin, near_frame = (len(frame) - len(inside)) // 2, widen_frame(frame)
        lower = otsu_threshold_near_edges(np.where(near_frame, 0, contrast))
        has_straight_line = any(rows.mean(1).max() >= _MIN_LENGTH for rows in (frame[:margin], frame[-margin:]))
        # The curves of a digit that fills the image are about as dark as the rest of it.
        if (has_straight_line and lower < threshold) or MIN_CONTRAST <= lower < _MAX_THRESHOLD * threshold:
            return lower, near_frame
    return threshold, np.zeros(contrast.shape, np.bool_)
