"""Select the connected components that are writing."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Mask, border_pixels, bounding_box, edge_margin, without_margin

MAX_COMPONENTS = 500
"""How many components of an image are considered: the largest by area.

Photos of numbers have about fifteen, and drawings no more than strokes. Choosing among thousands would take seconds.
"""

# Sizes and distances relative to the size of the largest component, or to the height of the line.
_NEAR = 0.3  # A component at most this far away belongs to the same digit.
_LARGE, _FAR = 0.5, 2.5  # A component at least this large and at most this far away is another digit.
_MIN_FRAME_LENGTH = 0.7  # A piece of a frame is at least this long, as a share of the image's width.
_MIN_SIZE = 0.08  # Smaller components are specks.
_MIN_INSIDE = 0.5  # A component with a smaller share of its pixels outside the margin is a piece of a frame.

# Upright straight lines near the left or right edge: the border of a table's cell, even if it is broken.
_BORDER_REACH = 0.15  # Such a line is this close to the edge, as a share of the image's width.
_MIN_BORDER_ASPECT = 8  # It is at least this many times as high as wide.
_MIN_BORDER_FILL = 0.7  # It fills this share of its box, unlike a 1, which is hardly ever that straight.
_MIN_BORDER_HEIGHT = 1.2  # It is higher than the writing by this factor.

# Two digits side by side, relative to their height.
_MIN_ASPECT = 1.5  # One digit is narrower than this, unless it is a single component.
_MIN_ADVANCE = 0.4  # Lowest width of the narrower digit plus the gap between the two.
_MAX_OVERLAP = 0.2  # How far slanted digits may overlap horizontally.

# Lines of digits.
_ALONG_EDGE = 0.4  # A component runs along the edge if more than this share of its length touches it.
_MAX_EDGE_LENGTH = 1.4  # Such a component is not writing if it is longer, relative to the height of the writing.
_MIN_SECOND_LINE = 0.6  # A dropped component is part of another line if its height differs at most by this factor.
_EDGE_WEIGHT = 0.3  # Weight of components that touch the edge when the largest one is chosen.


def find_main_components(strong: Mask) -> tuple[Mask, int]:
    """Return the components that make up the writing, and how many others were dropped.

    The writing is the largest component that doesn't touch the edge of the image, and whatever is near it. Components
    at the edge (shadows, desks, neighboring writing) count only if there is nothing else, and borders of a table's
    cell never do.
    """
    labels, stats = measure_components(strong)
    count = len(stats)
    if count == 1:
        return np.zeros_like(strong), 0
    numbers = _largest(stats)
    boxes, areas = stats[numbers, :4].astype(float), stats[numbers, 4].astype(float)
    height, width = strong.shape
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    sizes = boxes[:, 2:].max(1)
    at_edge = (low == 0).any(1) | (high == (width, height)).any(1)
    # Pieces of a frame or a table's lines stay close to the edges.
    margin = edge_margin(strong)
    in_margin = ((high <= margin) | (low >= np.array((width, height)) - margin)).any(1)
    inner = ~at_edge & ~in_margin & (sizes >= _MIN_SIZE * min(height, width))
    if not inner.any():
        # Writing that is cut off by the edge, beside the lines of a cell.
        inner = ~_are_frame(labels, stats[:, cv2.CC_STAT_AREA])[numbers] & (sizes >= _MIN_SIZE * min(height, width))
    if not inner.any() and is_frame(strong):
        return np.zeros_like(strong), count - 1
    largest = int(np.argmax(areas * (inner if inner.any() else 1)))

    kept = np.zeros(len(numbers), bool)
    kept[largest] = True
    size = sizes[largest]
    is_excluded = (at_edge | in_margin) & inner.any()
    is_excluded |= _are_border_lines(boxes, areas, width, boxes[largest, 3])
    is_border = at_edge & in_margin & inner.any() & (sizes >= _LARGE * size)
    while True:
        low_kept, high_kept = low[kept].min(0), high[kept].max(0)
        gaps = np.maximum(np.maximum(low - high_kept, low_kept - high), 0).max(1)
        near = (gaps <= _NEAR * size) & (sizes >= _MIN_SIZE * size) & ~is_excluded
        touching = (gaps <= _NEAR / 3 * size) & (sizes <= size) & (sizes >= _MIN_SIZE * size) & ~is_border
        other_digit = (sizes >= _LARGE * size) & (gaps <= _FAR * size) & ~is_excluded
        grown = kept | near | touching | other_digit
        if (grown == kept).all():
            break
        kept = grown
    return select_components(labels, count, numbers[kept]), count - 1 - int(kept.sum())


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


def _are_frame(labels: NDArray[np.number], areas: NDArray[np.number]) -> Mask:
    """Return which components (count,) lie mostly in the margin of the image, given the area of each."""
    inner = without_margin(labels)
    inside = np.bincount(inner[inner > 0], minlength=len(areas))
    return np.asarray(inside < _MIN_INSIDE * areas, np.bool_)


def find_frame(strong: Mask) -> Mask:
    """Return the pixels near the edges of components that touch an edge, lie mostly there and run along the image.

    Upright ones are left out, because a 1 at the edge looks like them.
    """
    labels, stats = measure_components(touching_edges(strong))
    is_long = stats[:, cv2.CC_STAT_WIDTH] >= _MIN_FRAME_LENGTH * strong.shape[1]
    if not is_long[1:].any():
        return np.zeros_like(strong)
    pieces = is_long & _are_frame(labels, stats[:, cv2.CC_STAT_AREA])
    frame = select_components(labels, len(stats), 1 + np.flatnonzero(pieces[1:]))
    without_margin(frame)[:] = False
    return frame


def is_frame(strong: Mask) -> bool:
    """Return whether all ink lies close to the edges of the image and some of it touches one."""
    return not without_margin(strong).any() and bool(border_pixels(strong).any())


def has_digits_side_by_side(strong: Mask) -> bool:
    """Return whether cropped ink is wider than one digit and has components of similar height in a row.

    Components one above the other may be one digit with a gap, and a thin one close to another may be the stem of an
    open 4.
    """
    height, width = strong.shape
    if width < _MIN_ASPECT * height:
        return False
    stats = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)[2][1:]
    left, _, widths, heights, _ = stats[stats[:, cv2.CC_STAT_HEIGHT] >= _LARGE * stats[:, cv2.CC_STAT_HEIGHT].max()].T
    first, last = (left + widths).argmin(), left.argmax()
    gap = left[last] - (left + widths)[first]
    narrower, height = min(widths[first], widths[last]), heights.max()
    return bool(gap >= -_MAX_OVERLAP * height and narrower + gap >= _MIN_ADVANCE * height)


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
    numbers = _largest(stats)
    boxes, areas = stats[numbers, :4].astype(float), stats[numbers, 4].astype(float)
    low, high, heights = boxes[:, :2], boxes[:, :2] + boxes[:, 2:], boxes[:, 3]
    sizes = boxes[:, 2:].max(1)
    contact = np.bincount(border_pixels(labels), minlength=count)[numbers]
    along = contact > _ALONG_EDGE * sizes
    # A 1 may stand on the edge.
    if along.any():
        along &= _are_frame(labels, stats[:, cv2.CC_STAT_AREA])[numbers]
    # Limiting the area by the height keeps a long dash from being chosen.
    weights = np.minimum(areas, heights**2) * np.select([along, contact > 0], [0, _EDGE_WEIGHT], 1)
    largest = int(np.argmax(weights if weights.any() else areas))
    outside = along & (sizes > _MAX_EDGE_LENGTH * heights[largest])
    outside |= _are_border_lines(boxes, areas, strong.shape[1], heights[largest])
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
        beside = (middle > low[nearest, 1] - _NEAR * tallest) & (middle < high[nearest, 1] + _NEAR * tallest)
        similar = (heights >= _NEAR * tallest) & (heights <= _FAR * tallest) & (gaps <= _FAR * tallest)
        small = (sizes >= _MIN_SIZE * tallest) & (sizes <= tallest) & (gaps <= _NEAR / 2 * tallest)
        added = np.flatnonzero(beside & (similar | small) & ~outside & ~kept)
    similar = (heights >= _MIN_SECOND_LINE * tallest) & (heights <= tallest / _MIN_SECOND_LINE) & (contact == 0)
    second_line = ~kept & similar & (areas >= _NEAR * np.median(areas[kept]))
    return LineComponents(
        select_components(labels, count, numbers[kept]), count - 1 - int(kept.sum()), bool(second_line.any())
    )


def _are_border_lines(boxes: NDArray[np.number], areas: NDArray[np.number], width: int, height: float) -> Mask:
    """Return which components (N,) are upright lines beside writing of this height, in an image of this width."""
    left, _, widths, heights = boxes.T
    near_edge = (left + widths <= _BORDER_REACH * width) | (left >= (1 - _BORDER_REACH) * width)
    is_straight = (heights >= _MIN_BORDER_ASPECT * widths) & (areas >= _MIN_BORDER_FILL * widths * heights)
    return np.asarray(near_edge & is_straight & (heights > _MIN_BORDER_HEIGHT * height), np.bool_)


def keep_largest_components(ink: Mask) -> Mask:
    """Return ink without its smaller components if there are more than ``MAX_COMPONENTS``."""
    if cv2.connectedComponents(ink.view(np.uint8), connectivity=8)[0] <= MAX_COMPONENTS + 1:
        return ink
    labels, stats = measure_components(ink)
    return select_components(labels, len(stats), _largest(stats))


def _largest(stats: NDArray[np.number]) -> NDArray[np.intp]:
    """Return the labels of the largest components, in ascending order."""
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    return 1 + np.sort(order[:MAX_COMPONENTS])
