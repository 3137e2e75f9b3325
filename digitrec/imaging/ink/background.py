"""Subtract the paper, however unevenly it is lit."""

import cv2
import numpy as np

from digitrec.imaging.arrays import MIN_SIDE, Contrast, Gray, Mask
from digitrec.imaging.ink.components import measure_components, select_components, touching_edges
from digitrec.imaging.ink.polarity import has_dark_ink
from digitrec.imaging.ink.thresholds import otsu_threshold_near_edges, to_gray
from digitrec.prediction import Step

_MIN_WRITING = 0.25  # Components at least this large, as a share of the shorter side, are certainly writing.


def remove_background(gray: Gray, *, is_line: bool = False) -> tuple[Contrast, float, list[Step]]:
    """Return the contrast of the ink to its paper, how much the image was enlarged, and the steps that led to it."""
    enlargement = max(1.0, MIN_SIDE / max(gray.shape))
    if enlargement > 1:
        gray = np.asarray(cv2.resize(gray, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC))
    is_dark = has_dark_ink(gray, is_line=is_line)
    bright = 255 - gray if is_dark else gray
    coarse = _subtract_paper(bright, 0.5)
    # Knowing the width of the strokes allows a smaller window, which follows shadows and edges more closely.
    strong = coarse > otsu_threshold_near_edges(coarse)
    if is_line and enlargement == 1:
        strong = _drop_shade_at_edges(strong)
    depth = cv2.distanceTransform(strong.astype(np.uint8), cv2.DIST_L2, 3)
    widest = 2 * float(np.percentile(depth[depth > 0], 98)) if strong.any() else 0.0
    contrast = _subtract_paper(bright, min(0.5, 4 * widest / min(bright.shape) + 0.03))
    reason = "dark ink on light paper, inverted" if is_dark else "light ink on dark paper"
    steps = [
        Step("Bright ink", bright, reason),
        Step("Background removed", to_gray(contrast), "paper and uneven light subtracted"),
    ]
    return contrast, enlargement, steps


def _drop_shade_at_edges(strong: Mask) -> Mask:
    """Return only the large components away from the edges, where corners in the shade look like ink, if any."""
    inner = strong & ~touching_edges(strong)
    labels, stats = measure_components(inner)
    sizes = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    large = 1 + np.flatnonzero(sizes >= _MIN_WRITING * min(strong.shape))
    return select_components(labels, len(stats), large) if large.size else strong


def _subtract_paper(bright: Gray, window: float) -> Contrast:
    """Return the contrast to the paper, estimated by an opening whose window is this share of the image."""
    height, width = bright.shape
    scale = min(1.0, 192 / max(height, width))
    small = max(3, round(width * scale)), max(3, round(height * scale))
    coarse = cv2.medianBlur(cv2.resize(bright, small, interpolation=cv2.INTER_AREA), 3)
    size = max(3, round(window * min(coarse.shape)) | 1)
    opened = cv2.morphologyEx(coarse, cv2.MORPH_OPEN, np.ones((size, size), np.uint8), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(opened.astype(np.float32), (0, 0), size / 6)
    paper = cv2.resize(np.maximum(smooth, 0), (width, height), interpolation=cv2.INTER_LINEAR)
    full = 255 - paper
    # In place, because allocating memory for a whole image takes as long as computing it.
    return np.asarray((bright - paper) / np.maximum(full, 32, out=full), np.float32)
