"""How wide the strokes of a digit are, and how to make them as wide as a network knows."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box

MIN_STROKE_WIDTH, MAX_STROKE_WIDTH = 1.7, 3.5
"""Between these lie the strokes of nine in ten MNIST digits, in pixels of its box of 20x20."""

_BOX = 20
_FINE = 4


def normalize_stroke_width(ink: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    """The ink (height, width) of one digit, cropped, with strokes of a usual width, and what was done.

    Ink whose strokes are usual already is handed back as it is. Others are thickened or thinned by morphology on a
    box of 80x80, so that a thin brush does not fade in 28x28 and a thick one does not fill the loops.
    """
    fine = _enlarged(ink)
    width = mean_stroke_width(fine) / _FINE
    wanted = min(max(width, MIN_STROKE_WIDTH), MAX_STROKE_WIDTH)
    # The box grows and shrinks with its strokes, and both are scaled back to 20x20 afterwards.
    radius = round(abs(wanted - width) * _FINE / 2 / (1 - wanted / _BOX))
    if not radius:
        return ink, f"{width:.1f} of {_BOX} pixels, as the network knows it"
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = cv2.copyMakeBorder(fine, radius, radius, radius, radius, cv2.BORDER_CONSTANT, value=0)
    if wanted > width:
        return np.asarray(cv2.dilate(padded, kernel), np.uint8), f"{width:.1f} of {_BOX} pixels: thickened"
    thinned = np.asarray(cv2.erode(padded, kernel), np.uint8)
    box = bounding_box(thinned)
    if box is None:
        return ink, f"{width:.1f} of {_BOX} pixels, too uneven to be thinned"
    return thinned[box], f"{width:.1f} of {_BOX} pixels: thinned"


def mean_stroke_width(ink: NDArray[np.uint8]) -> float:
    """The mean width in pixels of the strokes in ink (height, width): twice its area by the length of its outline."""
    level = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0).astype(np.float32)
    corner = level[:-1, :-1]
    outline = cv2.magnitude(level[1:, :-1] - corner, level[:-1, 1:] - corner).sum()
    return float(2 * level.sum() / max(outline, 1.0))


def _enlarged(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _BOX * _FINE / max(ink.shape)
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
