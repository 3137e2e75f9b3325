"""What crosses a picture or runs along its edges and was not written: printed lines, desks, shadows."""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (height, width)

_STEEPEST = 8
"""How far, in degrees, a line may be from level or upright."""
_THICKEST = 0.08
"""How thick a line may be, as a share of the picture."""
_MOST = 80
"""How many candidates are looked at in each direction."""
_LONG = 0.8
"""What touches an edge without a gap runs along it from this share of the picture's shorter side on."""
_BAND = 0.25
"""The share of that length over which the median is taken of how far it reaches into the picture."""


def find_ruled_lines(strong: Mask, thickest_upright: float = np.inf) -> Mask:
    """The pixels (height, width) of straight thin lines that run from one edge of the picture to the other.

    Candidates come from the Hough transform. Where a stroke crosses a line, the stroke's pixels are left alone.
    Upright lines are at most so many pixels thick.
    """
    level, upright = _level_lines(strong), _level_lines(strong.T).T
    upright[upright > thickest_upright] = 0
    of_level = (level > 0) & ~_crossed(strong & (upright == 0), level)
    of_upright = (upright > 0) & ~_crossed((strong & (level == 0)).T, upright.T).T
    return strong & (of_level | of_upright)


def find_edge_bands(strong: Mask) -> Mask:
    """The pixels (height, width) of what runs along the edges of the picture: a desk, a shadow, a line cut lengthwise.

    Writing that is joined to it stays, for it reaches further into the picture only where its strokes are.
    """
    found = np.zeros_like(strong)
    for turns in range(4):
        turned, band = np.rot90(strong, turns), np.rot90(found, turns)
        height, width = turned.shape
        depths = np.where(turned.all(0), height, turned.argmin(0))
        ends = np.flatnonzero(np.diff(depths > 0, prepend=False, append=False)).reshape(-1, 2)
        for start, stop in ends[np.ptp(ends, 1) >= _LONG * min(height, width)].tolist():
            around = round(_BAND / 2 * (stop - start))
            windows = sliding_window_view(np.pad(depths[start:stop], around, "reflect"), 2 * around + 1)
            band[:, start:stop] |= np.arange(height)[:, np.newaxis] < np.median(windows, 1)
    return found & strong


def _crossed(strong: Mask, lines: NDArray[np.uint8]) -> Mask:
    """Where the ink is taller than the line there is thick: a stroke crosses it."""
    crossed = np.zeros(strong.shape, bool)
    for thickness in np.unique(lines[lines > 0]):
        kernel = np.ones((int(1.6 * thickness) + 2, 1), np.uint8)
        crossed |= cv2.morphologyEx(np.ascontiguousarray(strong, np.uint8), cv2.MORPH_OPEN, kernel).astype(bool) & (
            lines == thickness
        )
    return crossed


def _level_lines(strong: Mask) -> NDArray[np.uint8]:
    """Bands (height, width) around the nearly level lines, each holding its line's thickness, 0 elsewhere."""
    height, width = strong.shape
    picture = np.ascontiguousarray(strong, np.uint8)
    steepest = np.radians(_STEEPEST)
    candidates = cv2.HoughLines(
        picture, 2, np.pi / 360, round(0.5 * width), min_theta=np.pi / 2 - steepest, max_theta=np.pi / 2 + steepest
    )
    found = np.zeros_like(picture)
    if candidates is None:
        return found
    columns = np.arange(width)
    rho, theta = candidates[:_MOST, 0, :2].T[..., np.newaxis]
    lines = (rho - columns * np.cos(theta)) / np.sin(theta)  # (N, width), the row in each column
    nearest = np.round(lines).astype(int)
    beside = cv2.dilate(picture, np.ones((5, 1), np.uint8)) > 0
    on_it = (nearest < 0) | (nearest >= height) | beside[np.clip(nearest, 0, height - 1), columns]
    ends = max(2, width // 40)
    from_edge_to_edge = (on_it[:, :ends].mean(1) >= 0.5) & (on_it[:, -ends:].mean(1) >= 0.5)
    reach = max(6, round(_THICKEST * max(height, width)))
    offsets = np.arange(-reach, reach + 1)[:, np.newaxis]
    taken: list[tuple[NDArray[np.float64], int]] = []
    for rows in lines[from_edge_to_edge & (on_it.mean(1) >= 0.85)]:
        if any(np.abs(rows - other).max() < thickness + 3 for other, thickness in taken):
            continue
        around = np.round(rows).astype(int) + offsets  # (2 * reach + 1, width)
        band = (around >= 0) & (around < height) & strong[np.clip(around, 0, height - 1), columns]
        above = np.cumprod(band[reach::-1], 0).sum(0)
        below = np.cumprod(band[reach:], 0).sum(0)
        hit = band[reach]
        if not hit.any():
            continue
        thickness = int(np.median((above + below - 1)[hit]))
        if thickness >= reach:
            continue
        rows = rows + float(np.median((below - above)[hit])) / 2
        taken.append((rows, thickness))
        ends_of_line = np.stack([columns, np.round(rows)], 1).astype(np.int32)
        cv2.polylines(found, [ends_of_line], False, thickness, thickness + 4)
    return found
