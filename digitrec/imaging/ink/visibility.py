"""Visibility: whether ink stands out from the grain, the texture and the shadows of the paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Contrast, Mask, bounding_box
from digitrec.imaging.ink.components import measure_components
from digitrec.imaging.ink.thresholds import MIN_CONTRAST
from digitrec.imaging.normalize import mean_stroke_width

_MIN_SIGNAL_TO_NOISE = 2.5  # Lowest accepted threshold, in standard deviations of the paper's grain.
_CLEAR_SIGNAL_TO_NOISE = 4.0  # From this ratio on, the ink may be scattered.
_MIN_MAIN_SHARE = 0.6  # Below that ratio, the largest component must hold this share of the ink.
_MIN_SIGNAL_TO_TEXTURE = 5.0  # Lowest accepted contrast of ink, in standard deviations of the paper beside it.
_MIN_GRAIN_BLUR, _MAX_GRAIN_BLUR = 1.5, 4.0  # Width of the Gaussian that smooths the texture, in pixels.
_MAX_THIN_SHARE = 0.05  # Writing with a thin pen covers at most this share of the image; texture covers more.
_MAX_EDGE_WIDTH = 0.1  # Ink fades into paper over less than this share of the longer side, light and shadow over more.


def stands_out(contrast: Contrast, threshold: float, strong: Mask) -> bool:
    """Return whether the pixels above the threshold are more than the grain of the paper."""
    if threshold < MIN_CONTRAST or not strong.any():
        return False
    smooth = cv2.GaussianBlur(contrast, (0, 0), 1)
    # In a normal distribution, the nearest seventh of the values lies within 0.18 standard deviations of the mean.
    grain = _quantile(np.abs(smooth - _quantile(smooth, 0.4)), 1 / 7) / 0.18
    if threshold < _MIN_SIGNAL_TO_NOISE * grain:
        return False
    if threshold >= _CLEAR_SIGNAL_TO_NOISE * grain:
        return True
    areas = measure_components(strong)[1][1:, cv2.CC_STAT_AREA]
    return bool(areas.max() >= _MIN_MAIN_SHARE * areas.sum())


def surroundings(kept: Mask) -> tuple[slice, slice] | None:
    """Return the rows and columns of the ink and as much around it as the filters of ``is_writing`` see.

    Returns None if there is no ink.
    """
    box = bounding_box(kept)
    if box is None:
        return None
    reach = 32 + max(kept.shape) // 32
    rows, columns = (slice(max(side.start - reach, 0), side.stop + reach) for side in box)
    return rows, columns


def is_writing(contrast: Contrast, kept: Mask, other: Mask, around: tuple[slice, slice]) -> bool:
    """Return whether the ink has clear edges and is darker than texture; ``around`` holds it and its surroundings.

    ``other`` is ink that is neither writing nor texture, such as ruled lines.
    """
    longer, is_thin = max(contrast.shape), kept.mean() < _MAX_THIN_SHARE
    contrast, kept, other = contrast[around], kept[around], other[around]
    stroke_width = mean_stroke_width(kept.view(np.uint8) * 255)
    blur = longer / 128
    if is_thin:
        # A blur wider than the strokes would flatten them.
        blur = max(1.0, min(blur, stroke_width / 4))
    smooth = cv2.GaussianBlur(contrast, (0, 0), blur)
    has_sharp_edges = np.median(contrast[kept]) < _MAX_EDGE_WIDTH * longer * outline_slope(smooth, kept)
    return bool(has_sharp_edges) and _is_darker_than_texture(contrast, kept, other, stroke_width)


def _is_darker_than_texture(contrast: Contrast, kept: Mask, other: Mask, stroke_width: float) -> bool:
    """Return whether the ink is darker than the texture of the paper right beside it would explain.

    Grain finer than the strokes is smoothed first, because wide strokes stand out from it anyway.
    """
    sigma = min(stroke_width / 6, _MAX_GRAIN_BLUR)
    reach = 2 * round(sigma)
    near, far = np.ones((5 + 2 * reach, 5 + 2 * reach), np.uint8), np.ones((9 + 3 * reach, 9 + 3 * reach), np.uint8)
    around = cv2.dilate(kept.astype(np.uint8), far) > 0
    beside = around & (cv2.dilate((kept | other).astype(np.uint8), near) == 0)
    if not beside.any():
        return True
    smooth = cv2.GaussianBlur(contrast, (0, 0), sigma) if sigma > _MIN_GRAIN_BLUR else contrast
    return bool(np.median(contrast[kept]) >= _MIN_SIGNAL_TO_TEXTURE * smooth[beside].std())


def _quantile(values: NDArray[np.number], share: float) -> float:
    """Return a quantile as ``np.quantile`` does, in a sixth of its time.

    ``values`` must not contain NaN, and ``share`` must be below 1.
    """
    place = share * (values.size - 1)
    ordered = np.partition(values, int(place), axis=None)[int(place) :]
    low, high = ordered[0], ordered[1:].min()
    return float(low + (high - low) * (place % 1))


def outline_slope(level: NDArray[np.integer | np.floating], mask: Mask) -> np.floating:
    """Return the median slope of an image, per pixel, along the outline of a mask."""
    outline = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    slopes = (cv2.Sobel(level, cv2.CV_32F, *order, scale=1 / 8)[outline] for order in ((1, 0), (0, 1)))
    return np.median(np.hypot(*slopes))
