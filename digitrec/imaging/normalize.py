"""Normalize ink to the 28×28 network input, the way MNIST was made."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.arrays import Ink, bounding_box
from digitrec.imaging.stroke_width import DIGIT_SIDE, normalize_stroke_width
from digitrec.prediction import Step

INPUT_SIDE = 28
"""Side of the network input in pixels."""
MIN_INK = 20
"""Fainter pixels count as paper."""
CROP = "Crop"
"""Name of the step that holds the ink cropped to its bounding box."""


def normalize(ink: Ink) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    """Return the network input (28, 28) in [0, 1] for ink (height, width), and the steps to it.

    As in MNIST (LeCun, Cortes and Burges), the digit is scaled to fit 20×20 pixels, keeping its proportions, and its
    center of mass is moved to the center of the 28×28 image. Strokes much thinner or thicker than those of MNIST are
    adjusted first. Blank ink gives zeros.
    """
    clean = np.where(ink < MIN_INK, np.uint8(0), ink)
    steps = [Step("Ink", clean, f"values below {MIN_INK} count as paper")]
    box = bounding_box(clean)
    if box is None:
        return np.zeros((INPUT_SIDE, INPUT_SIDE), np.float32), tuple(steps)

    cropped = clean[box]
    height, width = cropped.shape
    rows, columns = box
    corners = int(columns.start), int(rows.start), int(columns.stop), int(rows.stop)
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

    row, column = _center_of_mass(fitted)
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


def _center_of_mass(ink: Ink) -> tuple[float, float]:
    total = ink.sum()
    rows, columns = (np.arange(len(sums)) @ sums / total for sums in (ink.sum(1), ink.sum(0)))
    return float(rows), float(columns)


def _clamp_offset(offset: float, length: int) -> int:
    return min(max(round(offset), 0), INPUT_SIDE - length)
