"""Polarity: whether the ink is darker or lighter than the paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import MIN_SIDE, Gray, Mask, border_pixels, percentile, without_margin
from digitrec.imaging.ink.components import touching_edges
from digitrec.imaging.ink.visibility import outline_slope

_PAPER_BORDER, _PAPER_BORDER_OF_LINE = 0.97, 0.85  # A shade on this share of the border is paper.
_MIN_OUTLINE_SLOPE = 0.06  # Lowest slope of an outline per pixel, relative to the contrast of what it surrounds.
_OUTLINE_BLUR = 1.5  # Width of the Gaussian that smooths grain where outlines are measured, in pixels.


def has_dark_ink(gray: Gray, *, is_line: bool = False) -> bool:
    """Return whether the ink is darker than the paper.

    The shade that fills the border is paper, if it also covers more of the image. In uneven light, or where more than
    the paper is visible, the width of the strokes decides, because strokes are narrower than the gaps between them:
    dark shapes of growing width are removed by closing, light ones by opening, and the shade that vanishes first is
    ink.

    For a line of digits, widths are relative to the height of the image, and digits may touch its border.
    """
    scale = min(1.0, MIN_SIDE / (min if is_line else max)(gray.shape))
    size = max(3, round(gray.shape[1] * scale)), max(3, round(gray.shape[0] * scale))
    small = cv2.GaussianBlur(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_OTSU)
    bright = small > threshold
    border = border_pixels(bright).mean()
    # A frame along the edges hides the paper that surrounds the ink.
    for part, inner in ((without_margin(small), without_margin(bright)), (small, bright)):
        inner_border = border_pixels(inner).mean()
        share = inner.mean() if inner_border > 0.5 else 1 - inner.mean()
        uniformity = max(inner_border, 1 - inner_border)
        min_uniformity = _PAPER_BORDER_OF_LINE if is_line else _PAPER_BORDER
        is_surrounded = (uniformity > min_uniformity and share > 0.5) or (uniformity > 0.99 and share > 0.25)
        if is_surrounded and _has_crisp_outline(np.asarray(part, np.uint8), inner, inner_border > 0.5):
            return bool(inner_border > 0.5)
    responses = [_responses(small, width, 99.5) for width in (5, 9, 17, 33, 65)]
    strongest = max(map(max, responses))
    dark, light = next(pair for pair in responses if max(pair) >= 0.5 * strongest)
    if max(dark, light) > 1.5 * min(dark, light):
        return dark > light
    if max(gray.shape) > MIN_SIDE:
        # Thin strokes fade in a small image and cover too little of it.
        dark, light = _responses(cv2.GaussianBlur(gray, (0, 0), 1), 11, 99.9)
        if max(dark, light) > 1.5 * min(dark, light):
            return dark > light
    votes = border + bright.mean() - 1
    if is_line:
        # Printed lines along the border make it misleading, so the width of the strokes counts as well.
        votes += (dark - light) / max(dark + light, 1)
    return bool(votes > 0)


def _has_crisp_outline(gray: Gray, bright: Mask, is_paper_bright: bool) -> bool:
    """Return whether brightness changes fast where the paper around everything ends, as at strokes, not as in a shadow.

    Only the outline of that paper counts: strokes are crisp too where dark corners surround a brighter center.
    """
    if not bright.any() or bright.all():
        return True
    outer = touching_edges(bright if is_paper_bright else ~bright, connectivity=4)
    level = cv2.GaussianBlur(gray, (0, 0), _OUTLINE_BLUR).astype(np.float32)
    difference = float(level[bright].mean() - level[~bright].mean())
    return bool(outline_slope(level, outer) > _MIN_OUTLINE_SLOPE * difference)


def _responses(gray: NDArray[np.integer | np.floating], width: int, percent: float) -> tuple[float, float]:
    """Return how far dark and light strokes up to a width stand out, in gray levels: percentiles over the image."""
    dark, light = (
        percentile(cv2.morphologyEx(gray, operation, np.ones((width, width), np.uint8)), percent)
        for operation in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )
    return dark, light
