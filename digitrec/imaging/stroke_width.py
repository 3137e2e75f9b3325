"""Measure the width of strokes and bring it to that of MNIST digits."""

import cv2
import numpy as np

from digitrec.imaging.arrays import Ink, bounding_box

MIN_STROKE_WIDTH, MAX_STROKE_WIDTH = 1.7, 3.5
"""Stroke widths of nine in ten MNIST digits lie between these, in pixels at 20×20."""
DIGIT_SIDE = 20
"""Longer side of a digit in the network input, in pixels."""
_SCALE = 4
"""Strokes are adjusted at this many times the final size."""


def normalize_stroke_width(ink: Ink) -> tuple[Ink, str]:
    """Return cropped ink with strokes as wide as in MNIST, and what was done.

    Strokes within the usual range are returned unchanged. Others are dilated or eroded at 80×80 pixels, so that thin
    strokes don't fade at 28×28 and thick ones don't fill the loops.
    """
    fine = _scale_to_working_size(ink)
    width = mean_stroke_width(fine) / _SCALE
    target = min(max(width, MIN_STROKE_WIDTH), MAX_STROKE_WIDTH)
    measured = f"{width:.1f} pixels at {DIGIT_SIDE}×{DIGIT_SIDE}"
    # The digit grows or shrinks with its strokes, and is scaled back to 20×20 afterwards.
    radius = round(abs(target - width) * _SCALE / 2 / (1 - target / DIGIT_SIDE))
    if not radius:
        return ink, f"{measured}, within the usual range"
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = cv2.copyMakeBorder(fine, radius, radius, radius, radius, cv2.BORDER_CONSTANT, value=0)
    if target > width:
        return np.asarray(cv2.dilate(padded, kernel), np.uint8), f"{measured}, thickened"
    thinned = np.asarray(cv2.erode(padded, kernel), np.uint8)
    box = bounding_box(thinned)
    if box is None:
        return ink, f"{measured}, too uneven to be thinned"
    return thinned[box], f"{measured}, thinned"


def mean_stroke_width(ink: Ink) -> float:
    """Return the mean width of the strokes in pixels: twice their area divided by the length of their outline."""
    level = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0).astype(np.float32)
    corner = level[:-1, :-1]
    outline = cv2.magnitude(level[1:, :-1] - corner, level[:-1, 1:] - corner).sum()
    return float(2 * level.sum() / max(outline, 1.0))


def _scale_to_working_size(ink: Ink) -> Ink:
    scale = DIGIT_SIDE * _SCALE / max(ink.shape)
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
