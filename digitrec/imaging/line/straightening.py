"""Straighten a line and scale it to the strip that the line network takes as input."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Mask, bounding_box, percentile
from digitrec.imaging.line.detection import HandwrittenLine
from digitrec.imaging.normalize import MIN_INK
from digitrec.prediction import Step

# Sizes of the strip, in pixels.
STRIP_HEIGHT = 32
WRITING_HEIGHT = 26  # Height of the writing within the strip.
MIN_STRIP_WIDTH, MAX_STRIP_WIDTH = 32, 768  # Longer lines are scaled down.

MIN_WRITING_HEIGHT = 8  # Writing that is lower than this many pixels is not enlarged further: it is dots and dashes.
_VIEWS = ((0.88, 0.1), (1.1, -0.1))  # Scale and slant of the augmented views.
_MAX_SLOPE = np.tan(np.radians(12))
_MIN_ASPECT = 2.0  # The slope is measured only if the writing is this many times as wide as it is high.
_MARGIN = 0.2  # Paper kept on both sides of the writing, as a share of its height.


@dataclass(frozen=True, slots=True)
class Strip:
    """A straightened line of standard height, and its position in the ink it was made from."""

    image: NDArray[np.float32]  # (32, width) in [0, 1]
    left: int  # Column of the ink where the strip begins.
    scale: float  # Size of the strip relative to the ink.
    top: float  # Row of the ink where the strip begins, at its first column.
    slope: float  # Rows that the ink descends per column.

    def locate(
        self, rows: NDArray[np.integer], columns: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
        """Return the rows of the strip, and the fractional columns, where pixels of the ink lie."""
        down = (rows + 0.5 - self.top - self.slope * (columns - self.left)) * self.scale
        return np.clip(down.astype(np.intp), 0, STRIP_HEIGHT - 1), (columns + 0.5 - self.left) * self.scale


def straighten(line: HandwrittenLine) -> tuple[Strip | None, tuple[Step, ...]]:
    """Return the strip for a line, or None if there is no ink, and the steps that led to it.

    Shearing makes the line level.
    """
    ink, box = line.ink, bounding_box(line.writing)
    if box is None:
        return None, (Step("Ink", ink, "no ink"),)
    rows, columns = box
    width = columns.stop - columns.start
    steps = [Step("Ink", ink, f"the writing measures {width}×{rows.stop - rows.start} pixels")]
    slope, shift = _estimate_slope(line.writing, box), 0.0
    if slope:
        padding = int(np.ceil(abs(slope) * width / 2))
        shift = slope * (columns.start + columns.stop) / 2 + padding
        shear = np.array([[1, 0, 0], [-slope, 1, shift]])
        size = (ink.shape[1], ink.shape[0] + 2 * padding)
        ink = np.asarray(cv2.warpAffine(ink, shear, size), np.uint8)
        writing = line.writing[rows].view(np.uint8)
        writing = np.asarray(cv2.warpAffine(writing, shear, (size[0], len(writing) + 2 * padding)), np.uint8)
        if level := bounding_box(writing):
            rows = slice(rows.start + level[0].start, rows.start + level[0].stop)
        direction, angle = "down" if slope > 0 else "up", np.degrees(np.arctan(abs(slope)))
        steps.append(Step("Straightened", ink, f"the line sloped {direction} by {angle:.1f}°"))
    height = rows.stop - rows.start
    scale = min(WRITING_HEIGHT / height, MAX_STRIP_WIDTH / width, WRITING_HEIGHT / MIN_WRITING_HEIGHT)
    margin = max(round(_MARGIN * height), 1)
    left = max(columns.start - margin, 0)
    # Center the writing vertically.
    reach, middle = STRIP_HEIGHT / 2 / scale, (rows.start + rows.stop) / 2
    top, bottom = max(0, int(middle - reach)), min(ink.shape[0], int(np.ceil(middle + reach)))
    cropped = ink[top:bottom, left : columns.stop + margin]
    size = max(1, round(cropped.shape[1] * scale)), max(1, round(cropped.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(cropped, size, interpolation=method)[:STRIP_HEIGHT]
    offset = min(max(round(STRIP_HEIGHT / 2 - (middle - top) * scale), 0), STRIP_HEIGHT - small.shape[0])
    strip = np.zeros((STRIP_HEIGHT, max(MIN_STRIP_WIDTH, small.shape[1])), np.uint8)
    strip[offset : offset + small.shape[0], : small.shape[1]] = small
    inked = strip[strip >= MIN_INK]
    full = max(percentile(inked, 90) if inked.size else 0.0, MIN_INK)
    image = np.minimum(strip / np.float32(full), 1).astype(np.float32)
    reason = f"scaled to {STRIP_HEIGHT} pixels high, {WRITING_HEIGHT} of them writing"
    steps.append(Step("Network input", (image * 255).astype(np.uint8), reason))
    return Strip(image, left, scale, top - offset / scale - shift + slope * left, slope), tuple(steps)


def augmented_views(strip: Strip) -> list[NDArray[np.float32]]:
    """Return the strip (32, width) and variations of it in size and slant, for test-time augmentation."""
    height, width = strip.image.shape
    views = [strip.image]
    for size, slant in _VIEWS:
        matrix = np.array([[size, -slant, slant * height / 2], [0, size, (1 - size) * height / 2]])
        view_width = max(MIN_STRIP_WIDTH, round(size * width) + 4)
        views.append(np.asarray(cv2.warpAffine(strip.image, matrix, (view_width, height)), np.float32))
    return views


def _estimate_slope(writing: Mask, box: tuple[slice, slice]) -> float:
    """Return how many rows the writing descends per column, by least squares; 0 if it is short or nearly level."""
    rows, columns = box
    if columns.stop - columns.start < _MIN_ASPECT * (rows.stop - rows.start):
        return 0.0
    moments = cv2.moments(writing[box].astype(np.uint8), binaryImage=True)
    slope = moments["mu11"] / max(moments["mu20"], 1.0)
    return slope if 0.01 < abs(slope) < _MAX_SLOPE else 0.0
