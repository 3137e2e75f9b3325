"""Find what was not written: ruled lines across the image, and desks or shadows along its edges."""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from digitrec.imaging.arrays import Mask

_MAX_ANGLE = 8  # Largest angle of a ruled line to the horizontal or vertical, in degrees.
_MAX_THICKNESS = 0.08  # Largest thickness of a ruled line, as a share of the longer side.
_MAX_CANDIDATES = 80  # Number of Hough lines examined per direction.
_MIN_BAND_LENGTH = 0.8  # Shortest edge band, as a share of the shorter side.
_MEDIAN_WINDOW = 0.25  # Window of the median filter over the depth of an edge band, as a share of the band's length.


def find_ruled_lines(strong: Mask, max_vertical_thickness: float = np.inf) -> Mask:
    """Return the pixels of straight thin lines that run from one edge of the image to the other.

    Candidates come from the Hough transform. Where a stroke crosses a line, the pixels of the stroke are excluded.
    Vertical lines thicker than ``max_vertical_thickness`` pixels are ignored.
    """
    horizontal, vertical = _horizontal_lines(strong), _horizontal_lines(strong.T).T
    if not horizontal.any() and not vertical.any():
        return np.zeros_like(strong)
    vertical[vertical > max_vertical_thickness] = 0
    rows = (horizontal > 0) & ~_crossings(strong & (vertical == 0), horizontal)
    columns = (vertical > 0) & ~_crossings((strong & (horizontal == 0)).T, vertical.T).T
    return strong & (rows | columns)


def find_edge_bands(strong: Mask) -> Mask:
    """Return the pixels of bands along the edges of the image: a desk, a shadow or a ruled line cut lengthwise.

    Writing that touches a band is excluded, because its strokes reach deeper into the image than the band's median.
    """
    bands = np.zeros_like(strong)
    for turns in range(4):
        rotated, band = np.rot90(strong, turns), np.rot90(bands, turns)
        height, width = rotated.shape
        ends = np.flatnonzero(np.diff(rotated[0], prepend=False, append=False)).reshape(-1, 2)
        for start, stop in ends[np.ptp(ends, 1) >= _MIN_BAND_LENGTH * min(height, width)].tolist():
            touching = rotated[:, start:stop]
            depths = np.where(touching.all(0), height, touching.argmin(0))
            around = round(_MEDIAN_WINDOW / 2 * (stop - start))
            windows = sliding_window_view(np.pad(depths, around, "reflect"), 2 * around + 1)
            band[:, start:stop] |= np.arange(height)[:, np.newaxis] < np.median(windows, 1)
    return bands & strong


def _crossings(strong: Mask, lines: NDArray[np.uint8]) -> Mask:
    """Return where a stroke crosses a line, which makes the ink taller than the line is thick."""
    crossed = np.zeros(strong.shape, bool)
    for thickness in np.unique(lines[lines > 0]):
        kernel = np.ones((int(1.6 * thickness) + 2, 1), np.uint8)
        crossed |= cv2.morphologyEx(np.ascontiguousarray(strong, np.uint8), cv2.MORPH_OPEN, kernel).astype(bool) & (
            lines == thickness
        )
    return crossed


def _horizontal_lines(strong: Mask) -> NDArray[np.uint8]:
    """Return the bands (height, width) around nearly horizontal lines, filled with the line's thickness in pixels."""
    height, width = strong.shape
    ends = max(2, width // 40)
    # Most photos show blank paper along the edges, where no line can end.
    if not (strong[:, :ends].any() or strong[:, -ends:].any()):
        return np.zeros(strong.shape, np.uint8)
    reach = max(6, round(_MAX_THICKNESS * max(height, width)))
    middle = reach + 1
    padded = np.zeros((height + 2 * middle + 2, width), np.uint8)
    image = padded[middle + 1 : -middle - 1]
    image[:] = strong
    max_angle = np.radians(_MAX_ANGLE)
    candidates = cv2.HoughLines(
        image, 2, np.pi / 360, round(0.5 * width), min_theta=np.pi / 2 - max_angle, max_theta=np.pi / 2 + max_angle
    )
    bands = np.zeros_like(image)
    if candidates is None:
        return bands
    columns = np.arange(width)
    rho, theta = candidates[:_MAX_CANDIDATES, 0, :2].T[..., np.newaxis]
    lines = (rho - columns * np.cos(theta)) / np.sin(theta)  # (N, width), the row at each column
    nearest = np.round(lines).astype(int)
    near_ink = cv2.dilate(image, np.ones((5, 1), np.uint8)) > 0
    is_on_line = (nearest < 0) | (nearest >= height) | near_ink[np.clip(nearest, 0, height - 1), columns]
    spans_image = (is_on_line[:, :ends].mean(1) >= 0.5) & (is_on_line[:, -ends:].mean(1) >= 0.5)
    # The pixels above and below each pixel of the image and of the rows right outside it.
    windows = sliding_window_view(padded.view(bool), 2 * middle + 1, 0)
    accepted: list[tuple[NDArray[np.float64], int]] = []
    for number in np.flatnonzero(spans_image & (is_on_line.mean(1) >= 0.85)).tolist():
        rows = lines[number]
        if any(np.abs(rows - other).max() < thickness + 3 for other, thickness in accepted):
            continue
        across = windows[np.clip(nearest[number], -1, height) + 1, columns]
        across = across[across[:, middle]]
        if not across.size:
            continue
        across[:, [0, -1]] = False
        above, below = across[:, middle::-1].argmin(1), across[:, middle:].argmin(1)
        thickness = int(np.median(above + below - 1))
        if thickness >= reach:
            continue
        rows = rows + float(np.median(below - above)) / 2
        accepted.append((rows, thickness))
        points = np.stack([columns, np.round(rows)], 1).astype(np.int32)
        cv2.polylines(bands, [points], False, thickness, thickness + 4)
    return bands
