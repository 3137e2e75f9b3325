"""From ink to the 28x28 that a network reads, as MNIST was made."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.stroke_width import normalize_stroke_width
from digitrec.prediction import Step

INPUT_SIDE = 28
DIGIT_SIDE = 20
MIN_INK = 20
CROP = "Crop"
"""The name of the step that has the ink alone."""


def normalize(ink: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    """The network's input (28, 28) in [0, 1] for ink (height, width), and every step on the way.

    The digit fits a box of 20x20, keeping its shape, and its centre of mass lies at the centre of the 28x28, as
    LeCun, Cortes and Burges made MNIST. Strokes much thinner or thicker than theirs are brought to the width of
    theirs first. Ink without a pixel of at least 20 gives zeros.
    """
    clean = np.where(ink < MIN_INK, np.uint8(0), ink)
    steps = [Step("Ink", clean, f"pixels under {MIN_INK} are paper")]
    box = bounding_box(clean)
    if box is None:
        return np.zeros((INPUT_SIDE, INPUT_SIDE), np.float32), tuple(steps)

    cropped = clean[box]
    height, width = cropped.shape
    rows, columns = box
    found = int(columns.start), int(rows.start), int(columns.stop), int(rows.stop)
    steps.append(Step("Bounding box", clean, f"the ink is {width} x {height} pixels", box=found))
    steps.append(Step(CROP, cropped, "what is around it is cut away"))

    usual, reason = normalize_stroke_width(cropped)
    steps.append(Step("Stroke width", usual, reason))

    height, width = usual.shape
    scale = DIGIT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # The gap lets Pillow average whole pixels first, which is four times as fast on a canvas and looks the same.
    fitted = np.asarray(Image.fromarray(usual).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0))
    steps.append(Step("Fit 20x20", fitted, f"resized to {size[0]} x {size[1]}, shape kept"))

    row, column = _centre_of_mass(fitted)
    # Whole pixels, as in MNIST: its centres of mass spread evenly within half a pixel of (14, 14).
    top, left = (
        _clamped(INPUT_SIDE / 2 - center, length) for center, length in zip((row, column), fitted.shape, strict=True)
    )
    centered = np.zeros((INPUT_SIDE, INPUT_SIDE), np.uint8)
    centered[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    # The middle of the first pixel is 0; the mark counts from its edge.
    point = column + left + 0.5, row + top + 0.5
    reason = f"centre of mass, ({column:.1f}, {row:.1f}) of the step before, moved to (14, 14)"
    steps.append(Step("Centre 28x28", centered, reason, point=point))
    steps.append(Step("Scale to [0, 1]", centered, "each of the 784 values divided by 255: what the network sees"))
    return centered.astype(np.float32) / np.float32(255), tuple(steps)


def _centre_of_mass(ink: NDArray[np.uint8]) -> tuple[float, float]:
    total = ink.sum()
    rows, columns = (np.arange(len(sums)) @ sums / total for sums in (ink.sum(1), ink.sum(0)))
    return float(rows), float(columns)


def _clamped(offset: float, length: int) -> int:
    return min(max(round(offset), 0), INPUT_SIDE - length)
