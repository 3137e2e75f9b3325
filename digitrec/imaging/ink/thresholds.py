"""Thresholds between ink and paper."""

import cv2
import numpy as np

from digitrec.imaging.arrays import Contrast, Gray, Mask, percentile
from digitrec.imaging.ink.components import select_components

MIN_CONTRAST = 0.04  # Lowest accepted threshold, as a contrast from 0 to 1; ink is about twice as dark.
_LOW_THRESHOLD = 0.6  # Lower hysteresis threshold, as a share of the upper one.


def to_gray(contrast: Contrast) -> Gray:
    """Convert contrast (0 to 1) to an 8-bit image."""
    return (np.clip(contrast, 0, 1) * 255).astype(np.uint8)


def otsu_threshold_near_edges(contrast: Contrast) -> float:
    """Return Otsu's threshold (1979) between ink and paper, computed from the pixels near edges."""
    smooth = cv2.GaussianBlur(to_gray(contrast), (0, 0), 1)
    edges = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    near = edges >= max(0.5 * percentile(edges, 99.5), 1)
    if not near.any():
        return 0.0
    threshold, _ = cv2.threshold(smooth[near][np.newaxis], 0, 255, cv2.THRESH_OTSU)
    return float(threshold) / 255


def hysteresis_threshold(contrast: Contrast, threshold: float) -> Mask:
    """Return the pixels above the threshold, and those a little below it that are connected to them."""
    low = contrast > _LOW_THRESHOLD * threshold
    count, labels = cv2.connectedComponents(low.view(np.uint8), connectivity=8)
    return select_components(labels, count, labels[contrast > threshold])
