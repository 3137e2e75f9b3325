"""Binarization: find the ink of one digit in a photo or scan."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Contrast, Gray, Ink, Mask, border_pixels, bounding_box, percentile, without_margin
from digitrec.imaging.cell_frame import apply_threshold, is_rest_of_frame, remove_frame, widen_frame
from digitrec.imaging.components import (
    find_main_components,
    is_frame,
    measure_components,
    select_components,
    touching_edges,
)
from digitrec.imaging.normalize import mean_stroke_width
from digitrec.imaging.panels import find_panel
from digitrec.imaging.ruled_lines import find_ruled_lines
from digitrec.imaging.thresholds import MIN_CONTRAST, hysteresis_threshold, otsu_threshold_near_edges, to_gray
from digitrec.prediction import Step

MIN_SIDE = 256  # Smaller images are enlarged to this longer side, because kernel sizes below are in pixels.
_MIN_SIGNAL_TO_NOISE = 2.5  # Lowest accepted threshold, in standard deviations of the paper's grain.
_CLEAR_SIGNAL_TO_NOISE = 4.0  # From this ratio on, the ink may be scattered.
_MIN_MAIN_SHARE = 0.6  # Below that ratio, the largest component must hold this share of the ink.
_MIN_SIGNAL_TO_TEXTURE = 5.0  # Lowest accepted contrast of ink, in standard deviations of the paper beside it.
_MIN_GRAIN_BLUR, _MAX_GRAIN_BLUR = 1.5, 4.0  # Width of the Gaussian that smooths the texture, in pixels.
_MAX_THIN_SHARE = 0.05  # Writing with a thin pen covers at most this share of the image; texture covers more.
_MAX_EDGE_WIDTH = 0.1  # Ink fades into paper over less than this share of the longer side, light and shadow over more.
_PAPER_BORDER, _PAPER_BORDER_OF_LINE = 0.97, 0.85  # A shade on this share of the border is paper.
_MAX_CUT = 0.05  # Writing that is cut off touches at most this share of the border.
_GRAIN_BLUR = 128  # Grain is smoothed by a Gaussian as wide as the longer side divided by this.
_PADDING, _MIN_PADDING = 0.25, 0.04  # Paper added around ink that is closer to the border than the second share.
_MAX_UNRULED_SIDE = 100  # In smaller images, a straight stroke looks like a ruled line.
_MIN_PLAIN_SHARE = 0.3  # Smallest share of pure paper in a drawing made on a screen.
_MIN_OUTLINE_SLOPE = 0.06  # Lowest slope of an outline per pixel, relative to the contrast of what it surrounds.
_MIN_WRITING = 0.25  # Components at least this large, as a share of the shorter side, are certainly writing.
_OUTLINE_BLUR = 1.5  # Width of the Gaussian that smooths grain where outlines are measured, in pixels.


def find_ink(gray: Gray) -> tuple[Ink, tuple[Step, ...]]:
    """Return the ink of one digit in a grayscale image, and the steps that found it.

    A morphological opening wider than the strokes estimates the paper's brightness across the image, and the ink is
    measured against it. Otsu's threshold (1979) is computed from the pixels near edges, where ink and paper are
    about equally frequent. The frame of a table's cell, ruled lines and components away from the main ones are removed.
    If nothing is left, the image is searched again without its grain, its frame, and its margin.
    """
    first: tuple[Step, ...] = ()
    if panel := find_panel(gray):
        gray = gray[panel]
        first = (Step("Panel", gray, "only the dark panel that holds the digit is used"),)
    gray, padding = _pad_if_cut(gray)
    first += padding
    if max(gray.shape) >= MIN_SIDE and (drawn := _drawn_ink(gray)) is not None:
        return drawn, (*first, Step("Bright ink", drawn, "the background is uniform; everything else is ink"))
    ink, steps = _find_ink(gray)
    if not ink.any():
        for name, again, reason in _second_looks(gray):
            found, more = _find_ink(again)
            # What covers more of the border now is shadow or glare: ink at the border was found the first time.
            if found.any() and border_pixels(found > 0).mean() <= _MAX_CUT:
                return found, (*first, Step(name, again, reason), *more)
    return ink, (*first, *steps)


def _second_looks(gray: Gray) -> Iterator[tuple[str, Gray, str]]:
    """Yield the name, image and reason of each change after which the ink of an image may be found."""
    smooth = np.asarray(cv2.GaussianBlur(gray, (0, 0), max(1.0, max(gray.shape) / _GRAIN_BLUR)), np.uint8)
    yield "Grain removed", smooth, "nothing was found before the image was smoothed"
    contrast, _, (bright, *_) = remove_background(gray)
    strong = hysteresis_threshold(contrast, otsu_threshold_near_edges(contrast))
    if is_frame(outer := touching_edges(strong)):
        frame = widen_frame(outer)
        paper = np.median(bright.image[~frame])
        image = np.where(frame, paper, bright.image).astype(np.uint8)
        yield "Frame removed", image, "a frame along the edges hid the ink"
    if (inner := without_margin(gray)).size:
        yield "Margin removed", inner, "nothing but lines was found along the edges"


def _pad_if_cut(gray: Gray) -> tuple[Gray, tuple[Step, ...]]:
    """Return a picture drawn on a screen with paper around it if its ink reaches the border, and the step."""
    paper = 0 if np.median(border_pixels(gray)) < 128 else 255
    ink = (255 - gray if paper else gray).astype(np.uint8)
    height, width = gray.shape
    margin = max(1, round(_MIN_PADDING * min(height, width)))
    inner = (slice(margin, -margin or None), slice(margin, -margin or None))
    strong = ink > 127
    is_cut = strong.sum() > strong[inner].sum()
    is_crisp = ink.max() == 255 and (ink == 0).sum() >= max(_MIN_PLAIN_SHARE * ink.size, (ink > 0).sum())
    if not is_cut or not is_crisp or (ink > 0).sum() > 2 * strong.sum():
        return gray, ()
    if max(gray.shape) > _MAX_UNRULED_SIDE and find_ruled_lines(strong).any():
        return gray, ()
    around = round(_PADDING * max(height, width))
    padded = np.asarray(np.pad(gray, around, constant_values=paper), np.uint8)
    return padded, (Step("Paper added", padded, "the ink reaches the border of the image"),)


def _find_ink(gray: Gray) -> tuple[Ink, tuple[Step, ...]]:
    contrast, _, steps = remove_background(gray)
    blank = np.zeros(contrast.shape, np.uint8)

    threshold, strong, lines, near_frame = apply_threshold(contrast)
    if near_frame.any():
        strong = remove_frame(strong, near_frame)
    if not _stands_out(contrast, threshold, strong):
        return blank, (*steps, Step("Threshold", blank, "nothing stands out from the paper"))
    reason = f"Otsu threshold: {round(threshold * 255)} of 255"
    steps.append(Step("Threshold", strong.astype(np.uint8) * 255, reason))

    if lines.any() and (strong & ~lines).any():
        strong &= ~lines
        steps.append(Step("Ruled lines removed", strong.astype(np.uint8) * 255, "straight lines from edge to edge"))
    kept, dropped = find_main_components(strong)
    if near_frame.any() and is_rest_of_frame(kept):
        kept = np.zeros_like(kept)
    other = lines | near_frame | touching_edges(strong & ~kept)
    around = _surroundings(kept)
    if around is None or not _is_writing(contrast, kept, other, around):
        return blank, (*steps, Step("Connected components", blank, "nothing stands out from the paper around it"))
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    near = cv2.dilate(kept[around].view(np.uint8), reach).view(bool) & ~(lines & ~kept)[around]
    full = max(float(np.percentile(contrast[kept], 75)), 1e-6)
    ink = np.zeros(contrast.shape, np.uint8)
    ink[around] = np.where(near, to_gray(contrast[around] / full), 0)
    reason = f"specks and other parts left out: {dropped}" if dropped else "all parts kept"
    steps.append(Step("Connected components", ink, reason))
    return ink, tuple(steps)


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


def _drawn_ink(gray: Gray) -> Ink | None:
    """Return the ink of a black-and-white drawing made on a screen, or None for a photo or scan."""
    paper = gray[0, 0]
    if paper not in (0, 255) or (border_pixels(gray) != paper).any():
        return None
    ink = 255 - gray if paper else gray
    strong = ink > 127
    has_crisp_ink = ink.max() == 255 and (ink > 0).sum() <= 2 * strong.sum() <= ink.size
    return ink if has_crisp_ink and not find_main_components(strong)[1] else None


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
    return bool(_outline_slope(level, outer) > _MIN_OUTLINE_SLOPE * difference)


def _responses(gray: NDArray[np.integer | np.floating], width: int, percent: float) -> tuple[float, float]:
    """Return how far dark and light strokes up to a width stand out, in gray levels: percentiles over the image."""
    dark, light = (
        percentile(cv2.morphologyEx(gray, operation, np.ones((width, width), np.uint8)), percent)
        for operation in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )
    return dark, light


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


def _surroundings(kept: Mask) -> tuple[slice, slice] | None:
    """Return the rows and columns of the ink and as much around it as the filters of ``_is_writing`` see.

    Returns None if there is no ink.
    """
    box = bounding_box(kept)
    if box is None:
        return None
    reach = 32 + max(kept.shape) // 32
    rows, columns = (slice(max(side.start - reach, 0), side.stop + reach) for side in box)
    return rows, columns


def _is_writing(contrast: Contrast, kept: Mask, other: Mask, around: tuple[slice, slice]) -> bool:
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
    has_sharp_edges = np.median(contrast[kept]) < _MAX_EDGE_WIDTH * longer * _outline_slope(smooth, kept)
    return bool(has_sharp_edges) and _is_darker_than_texture(contrast, kept, other, stroke_width)


def _outline_slope(level: NDArray[np.integer | np.floating], mask: Mask) -> np.floating:
    """Return the median slope of an image, per pixel, along the outline of a mask."""
    outline = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    slopes = (cv2.Sobel(level, cv2.CV_32F, *order, scale=1 / 8)[outline] for order in ((1, 0), (0, 1)))
    return np.median(np.hypot(*slopes))


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


def _stands_out(contrast: Contrast, threshold: float, strong: Mask) -> bool:
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


def _quantile(values: NDArray[np.number], share: float) -> float:
    """Return a quantile as ``np.quantile`` does, in a sixth of its time.

    ``values`` must not contain NaN, and ``share`` must be below 1.
    """
    place = share * (values.size - 1)
    ordered = np.partition(values, int(place), axis=None)[int(place) :]
    low, high = ordered[0], ordered[1:].min()
    return float(low + (high - low) * (place % 1))
