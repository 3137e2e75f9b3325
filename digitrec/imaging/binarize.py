"""From the brightness of a picture to the ink of the one thing written on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.components import find_main_components
from digitrec.imaging.ruled_lines import find_ruled_lines
from digitrec.prediction import Step

Gray = NDArray[np.uint8]  # (height, width)
Mask = NDArray[np.bool_]  # (height, width)

MIN_SIDE = 256
"""Smaller pictures are enlarged to this, so that what follows may count in pixels."""
MIN_CONTRAST = 0.04
"""The least threshold, about half of what ink is darker than its paper, as a share of the paper's brightness."""
_GRAIN = 2.5
"""Ink stands out at least this many standard deviations of the paper's grain."""
_CLEAR = 4.0
"""From this many on, it need not hang together."""
_TOGETHER = 0.6
"""Else the largest part of it makes up this share."""
_CLEAR_OF_TEXTURE = 5.0
"""How many standard deviations of the paper beside it writing stands out at least."""
_SOFTEST = 0.1
"""Writing fades into its paper over less than this share of the picture's longer side; light and shadow do not."""
_ALL, _MOST = 0.97, 0.85
"""What shares so much of the border is paper; in a picture of a number, which may be cut out tightly, the second."""
_HOLD = 0.6
"""What is darker than this share of the threshold is ink where it touches ink."""


def find_ink(gray: Gray) -> tuple[Gray, tuple[Step, ...]]:
    """The ink (height, width) in a picture's brightness, 0 = paper, 255 = ink, and the steps that found it.

    The paper's brightness is followed across the picture by a morphological closing wider than the strokes, and the
    ink measured against it. A threshold by Otsu (1979) among the pixels near edges, where there is as much ink as
    paper, tells them apart. Ruling is taken away, and what lies aside of the main writing is left out.
    """
    enlargement = max(1.0, MIN_SIDE / max(gray.shape))
    if enlargement == 1 and (drawn := _drawn_ink(gray)) is not None:
        return drawn, (Step("Ink bright", drawn, "the paper is all of one brightness; what is not is ink"),)
    if enlargement > 1:
        gray = np.asarray(cv2.resize(gray, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC))
    dark_ink = has_dark_ink(gray)
    bright = 255 - gray if dark_ink else gray
    reason = "dark ink on light paper" if dark_ink else "light ink on dark paper"
    steps = [Step("Ink bright", bright, reason)]

    contrast = contrast_to_paper(bright)
    shown = (np.clip(contrast, 0, 1) * 255).astype(np.uint8)
    steps.append(Step("Paper removed", shown, "uneven light taken away"))
    threshold = otsu_threshold_near_edges(contrast)
    strong = hysteresis_threshold(contrast, threshold)
    if not _stands_out(contrast, threshold, strong):
        blank = np.zeros_like(gray)
        return blank, (*steps, Step("Threshold", blank, "nothing on the paper stands out"))
    steps.append(
        Step("Threshold", strong.astype(np.uint8) * 255, f"threshold {round(threshold * 255)} of 255 from the paper")
    )

    lines = find_ruled_lines(strong)
    if lines.any() and (strong & ~lines).any():
        strong &= ~lines
        steps.append(Step("Ruling removed", strong.astype(np.uint8) * 255, "lines from edge to edge taken away"))
    kept, left_out = find_main_components(strong)
    if not _has_edges(contrast, kept) or not _is_clear_of_its_paper(contrast, kept, lines):
        blank = np.zeros_like(gray)
        return blank, (*steps, Step("Writing", blank, "nothing that stands out from the paper around it"))
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    near = cv2.dilate(kept.astype(np.uint8), reach).astype(bool) & ~(lines & ~kept)
    full = max(float(np.percentile(contrast[kept], 75)), 1e-6) if kept.any() else 1.0
    ink = np.where(near, np.clip(contrast / full, 0, 1) * 255, 0).astype(np.uint8)
    steps.append(Step("Writing", ink, f"{left_out} specks and other things left out" if left_out else "all of it"))
    return ink, tuple(steps)


def _drawn_ink(gray: Gray) -> Gray | None:
    """The ink of what was drawn on a screen, in black and white; None where there is light, grain or a speck."""
    paper = gray[0, 0]
    border = (gray[0], gray[-1], gray[:, 0], gray[:, -1])
    if paper not in (0, 255) or any((side != paper).any() for side in border):
        return None
    ink = 255 - gray if paper else gray
    strong = ink > 127
    if (
        2 * strong.sum() < (ink > 0).sum()
        or ink.max() < 255
        or 2 * strong.sum() > ink.size
        or find_main_components(strong)[1]
    ):
        return None
    return ink


def has_dark_ink(gray: Gray, *, is_line: bool = False) -> bool:
    """Whether the ink of a picture is darker than its paper.

    Paper is what there is all along the border, if there is more of it than of the other. Where light is uneven or
    more than paper is in sight, strokes tell: they are narrower than what lies between them. So the first to vanish
    while things of growing width are taken away, dark ones by closing and light ones by opening, are ink.

    The strokes of a line are as wide beside its picture's height as a digit's beside its picture. And it may have been
    cut out so tightly that they reach its border.
    """
    scale = min(1.0, MIN_SIDE / (min if is_line else max)(gray.shape))
    size = max(3, round(gray.shape[1] * scale)), max(3, round(gray.shape[0] * scale))
    small = cv2.GaussianBlur(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_OTSU)
    bright = small > threshold
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]]).mean()
    share = bright.mean() if border > 0.5 else 1 - bright.mean()
    even = max(border, 1 - border)
    if (even > (_MOST if is_line else _ALL) and share > 0.5) or (even > 0.99 and share > 0.25):
        return bool(border > 0.5)
    responses = []
    for width in (5, 9, 17, 33, 65):
        kernel = np.ones((width, width), np.uint8)
        responses.append(
            [
                float(np.percentile(cv2.morphologyEx(small, operation, kernel), 99.5))
                for operation in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
            ]
        )
    most = max(map(max, responses))
    dark, light = next(pair for pair in responses if max(pair) >= 0.5 * most)
    if max(dark, light) > 1.5 * min(dark, light):
        return dark > light
    return bool(border + bright.mean() > 1)


def contrast_to_paper(bright: Gray) -> NDArray[np.float32]:
    """How far each pixel is from its paper to full ink, 0 to 1."""
    paper = _paper(bright, 0.5)
    first = _contrast(bright, paper)
    # With the width of the strokes known, the paper can be followed more closely: into shadows and up to edges.
    strong = (first > otsu_threshold_near_edges(first)).astype(np.uint8)
    depth = cv2.distanceTransform(strong, cv2.DIST_L2, 3)
    widest = 2 * float(np.percentile(depth[depth > 0], 98)) if strong.any() else 0.0
    return _contrast(bright, _paper(bright, min(0.5, 4 * widest / min(bright.shape) + 0.03)))


def _paper(bright: Gray, window: float) -> NDArray[np.float32]:
    """The paper's brightness under the ink: an opening as wide as this share of the picture, on a coarse grid."""
    height, width = bright.shape
    scale = min(1.0, 192 / max(height, width))
    coarse = cv2.resize(
        bright, (max(3, round(width * scale)), max(3, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    coarse = cv2.medianBlur(coarse, 3)
    size = max(3, round(window * min(coarse.shape)) | 1)
    opened = cv2.morphologyEx(coarse, cv2.MORPH_OPEN, np.ones((size, size), np.uint8), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(opened.astype(np.float32), (0, 0), size / 6)
    return np.asarray(cv2.resize(np.maximum(smooth, 0), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _contrast(bright: Gray, paper: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((bright - paper) / np.maximum(255 - paper, 32), np.float32)


def otsu_threshold_near_edges(contrast: NDArray[np.float32]) -> float:
    """The contrast that parts ink from paper best (Otsu 1979) among the pixels near edges."""
    level = (np.clip(contrast, 0, 1) * 255).astype(np.uint8)
    smooth = cv2.GaussianBlur(level, (0, 0), 1)
    edges = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    near = edges >= max(0.5 * float(np.percentile(edges, 99.5)), 1)
    if not near.any():
        return 0.0
    threshold, _ = cv2.threshold(smooth[near][np.newaxis], 0, 255, cv2.THRESH_OTSU)
    return float(threshold) / 255


def hysteresis_threshold(contrast: NDArray[np.float32], threshold: float) -> Mask:
    """The pixels (height, width) above the threshold, and those not far below it that hang together with them."""
    low = (contrast > _HOLD * threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(low, connectivity=8)
    holding = np.zeros(count, bool)
    holding[labels[contrast > threshold]] = True
    holding[0] = False
    return np.asarray(holding[labels], np.bool_)


def _has_edges(contrast: NDArray[np.float32], kept: Mask) -> bool:
    """Whether writing ends somewhere, rather than fading away as light does."""
    if not kept.any():
        return False
    longer = max(contrast.shape)
    smooth = cv2.GaussianBlur(contrast, (0, 0), longer / 128)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8))
    outline = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    return bool(np.median(contrast[kept]) < _SOFTEST * longer * np.median(slope[outline]))


def _is_clear_of_its_paper(contrast: NDArray[np.float32], kept: Mask, lines: Mask) -> bool:
    """Whether writing is darker than the paper's texture right beside it would explain."""
    near, far = np.ones((5, 5), np.uint8), np.ones((9, 9), np.uint8)
    around = cv2.dilate(kept.astype(np.uint8), far) > 0
    beside = around & (cv2.dilate((kept | lines).astype(np.uint8), near) == 0)
    if not kept.any() or not beside.any():
        return bool(kept.any())
    return bool(np.median(contrast[kept]) >= _CLEAR_OF_TEXTURE * contrast[beside].std())


def _stands_out(contrast: NDArray[np.float32], threshold: float, strong: Mask) -> bool:
    if threshold < MIN_CONTRAST or not strong.any():
        return False
    smooth = cv2.GaussianBlur(contrast, (0, 0), 1)
    # From the seventh of the pixels nearest to the paper, which a normal distribution has within 0.18 deviations.
    grain = float(np.percentile(np.abs(smooth - np.percentile(smooth, 40)), 100 / 7)) / 0.18
    if threshold < _GRAIN * grain:
        return False
    areas = cv2.connectedComponentsWithStats(strong.astype(np.uint8), connectivity=8)[2][1:, 4]
    return threshold >= _CLEAR * grain or bool(areas.max() >= _TOGETHER * areas.sum())
