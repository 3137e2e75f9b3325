"""Normalize ink to the 28×28 network input, the way MNIST was made."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.arrays import Ink, bounding_box
from digitrec.prediction import Step

INPUT_SIDE = 28  # Side of the network input in pixels.
MIN_INK = 20  # Fainter pixels count as paper.
CROP = "Crop"  # Name of the step that holds the ink cropped to its bounding box.
MIN_STROKE_WIDTH, MAX_STROKE_WIDTH = 1.7, 3.5  # Range of nine in ten MNIST digits, in pixels at 20×20.
DIGIT_SIDE = 20  # Longer side of a digit in the network input, in pixels.
_SCALE = 4  # Strokes are adjusted at this many times the final size.


def normalize(ink: Ink) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    """Return the network input (28, 28) in [0, 1] for ink (height, width), and the steps that led to it.

    As in MNIST (LeCun, Cortes and Burges), the digit is scaled to fit 20×20 pixels, keeping its proportions, and its
    center of mass is moved to the center of the 28×28 image. Strokes much thinner or thicker than those of MNIST are
    adjusted first. Blank ink gives zeros.
    """
    clean = np.asarray(cv2.threshold(ink, MIN_INK - 1, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    steps = [Step("Ink", clean, f"values below {MIN_INK} count as paper")]
    box = bounding_box(clean)
    if box is None:
        return np.zeros((INPUT_SIDE, INPUT_SIDE), np.float32), tuple(steps)

    cropped = clean[box]
    height, width = cropped.shape
    rows, columns = box
    corners = columns.start, rows.start, columns.stop, rows.stop
    steps.append(Step("Bounding box", clean, f"the ink measures {width}×{height} pixels", box=corners))
    steps.append(Step(CROP, cropped, "cut to the bounding box"))

    adjusted, reason = normalize_stroke_width(cropped)
    steps.append(Step("Stroke width", adjusted, reason))

    height, width = adjusted.shape
    scale = DIGIT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # reducing_gap lets Pillow average whole pixels first: four times as fast for a canvas, with the same look.
    fitted = np.asarray(Image.fromarray(adjusted).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))
    steps.append(Step("Fit to 20×20", fitted, f"resized to {size[0]}×{size[1]}, proportions kept"))

    row, column = (float(np.arange(len(mass)) @ mass / fitted.sum()) for mass in (fitted.sum(1), fitted.sum(0)))
    # MNIST is centered by whole pixels too: its centers of mass lie within half a pixel of (14, 14).
    top = _clamp_offset(INPUT_SIDE / 2 - row, fitted.shape[0])
    left = _clamp_offset(INPUT_SIDE / 2 - column, fitted.shape[1])
    centered = np.zeros((INPUT_SIDE, INPUT_SIDE), np.uint8)
    centered[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    # The center of mass counts from the middle of the first pixel, a step's point from its edge.
    point = column + left + 0.5, row + top + 0.5
    reason = f"center of mass moved from ({column:.1f}, {row:.1f}) to (14, 14)"
    steps.append(Step("Center in 28×28", centered, reason, point=point))
    steps.append(Step("Network input", centered, "784 values, divided by 255"))
    return centered.astype(np.float32) / np.float32(255), tuple(steps)


def normalize_stroke_width(ink: Ink) -> tuple[Ink, str]:
    """Return cropped ink with strokes as wide as in MNIST, and what was done.

    Strokes within the usual range are returned unchanged. Others are dilated or eroded at 80×80 pixels, so that thin
    strokes don't fade at 28×28 and thick ones don't fill the loops.
    """
    scale = DIGIT_SIDE * _SCALE / max(ink.shape)
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fine = np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
    width = mean_stroke_width(fine) / _SCALE
    target = min(max(width, MIN_STROKE_WIDTH), MAX_STROKE_WIDTH)
    measured = f"strokes {width:.1f} pixels wide at {DIGIT_SIDE}×{DIGIT_SIDE}"
    # The digit grows or shrinks with its strokes, and is scaled back to 20×20 afterward.
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


def _clamp_offset(offset: float, length: int) -> int:
    return min(max(round(offset), 0), INPUT_SIDE - length)
