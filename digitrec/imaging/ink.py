"""From the brightness of a picture to the ink on it."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.imaging.steps import Step


def find_ink(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[Step, ...]]:
    """The ink (height, width) in a picture's brightness, 0 = paper, 255 = ink, and the steps that found it.

    The paper is taken to be what surrounds the digit. Its brightness, followed across the picture, is taken away;
    Otsu's threshold (1979) tells what is left of the paper's texture from ink.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    dark_ink = bool(np.median(border) >= (float(grey.min()) + float(grey.max())) / 2)
    bright = 255 - grey if dark_ink else grey
    reason = "dark ink on light paper" if dark_ink else "light ink on dark paper"
    steps = [Step("Ink bright", bright, reason)]

    contrast = bright.astype(np.float32) - _paper(bright)
    peak = float(contrast.max())
    if peak < 24:
        blank = np.zeros_like(grey)
        return blank, (*steps, Step("Threshold", blank, "nothing on the paper stands out"))
    level = np.clip(contrast * (255.0 / peak), 0, 255).astype(np.uint8)
    steps.append(Step("Paper removed", level, "uneven light taken away, the darkest ink made full"))

    threshold = otsu(level)
    # Half the threshold keeps the soft edge of a stroke, as long as it touches the stroke itself.
    soft = level > threshold // 2
    parts, count = ndimage.label(soft, np.ones((3, 3)))
    strong = ndimage.maximum(level, parts, np.arange(1, count + 1)) > threshold
    sizes = ndimage.sum_labels(soft, parts, np.arange(1, count + 1))
    kept = np.flatnonzero(strong & (sizes >= 0.02 * sizes[strong].max(initial=0))) + 1
    ink = np.where(np.isin(parts, kept), level, 0).astype(np.uint8)
    steps.append(Step("Threshold", ink, f"threshold {threshold}, specks left out"))
    return ink, tuple(steps)


def otsu(grey: NDArray[np.uint8]) -> int:
    """The brightness that best parts a picture in two: Otsu's method, largest variance between the classes."""
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    weight = counts.cumsum()
    total = (counts * np.arange(256)).cumsum()
    other = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        between = weight * other * (total / weight - (total[-1] - total) / other) ** 2
    return int(np.nanargmax(between)) if np.isfinite(between).any() else 0


def _paper(bright: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The paper's brightness under the ink, (height, width): a wide opening, smoothed, on a coarse grid."""
    height, width = bright.shape
    step = max(1, max(height, width) // 128)
    coarse = bright[::step, ::step]
    window = max(3, round(0.5 * min(coarse.shape)))
    opened = ndimage.grey_opening(ndimage.median_filter(coarse, 3), (window, window))
    smooth = ndimage.gaussian_filter(opened.astype(np.float32), window / 4)
    rows = np.minimum(np.arange(height) // step, coarse.shape[0] - 1)
    columns = np.minimum(np.arange(width) // step, coarse.shape[1] - 1)
    paper: NDArray[np.float32] = smooth[rows][:, columns]
    return paper
