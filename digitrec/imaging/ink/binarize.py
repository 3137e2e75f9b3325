"""Binarization: find the ink of one digit in a photo or scan."""

from collections.abc import Iterator

import cv2
import numpy as np

from digitrec.imaging.arrays import MIN_SIDE, Gray, Ink, border_pixels, without_margin
from digitrec.imaging.ink.background import remove_background
from digitrec.imaging.ink.cell_frame import apply_threshold, is_frame, is_rest_of_frame, remove_frame, widen_frame
from digitrec.imaging.ink.components import touching_edges
from digitrec.imaging.ink.digit_components import find_main_components
from digitrec.imaging.ink.panels import find_panel
from digitrec.imaging.ink.ruled_lines import find_ruled_lines
from digitrec.imaging.ink.thresholds import hysteresis_threshold, otsu_threshold_near_edges, to_gray
from digitrec.imaging.ink.visibility import is_writing, stands_out, surroundings
from digitrec.prediction import Step

_MAX_CUT = 0.05  # Writing that is cut off touches at most this share of the border.
_GRAIN_BLUR = 128  # Grain is smoothed by a Gaussian as wide as the longer side divided by this.
_PADDING, _MIN_PADDING = 0.25, 0.04  # Paper added around ink that is closer to the border than the second share.
_MAX_UNRULED_SIDE = 100  # In smaller images, a straight stroke looks like a ruled line.
_MIN_PLAIN_SHARE = 0.3  # Smallest share of pure paper in a drawing made on a screen.


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
    if not stands_out(contrast, threshold, strong):
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
    around = surroundings(kept)
    if around is None or not is_writing(contrast, kept, other, around):
        return blank, (*steps, Step("Connected components", blank, "nothing stands out from the paper around it"))
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    near = cv2.dilate(kept[around].view(np.uint8), reach).view(bool) & ~(lines & ~kept)[around]
    full = max(float(np.percentile(contrast[kept], 75)), 1e-6)
    ink = np.zeros(contrast.shape, np.uint8)
    ink[around] = np.where(near, to_gray(contrast[around] / full), 0)
    reason = f"specks and other parts left out: {dropped}" if dropped else "all parts kept"
    steps.append(Step("Connected components", ink, reason))
    return ink, tuple(steps)


def _drawn_ink(gray: Gray) -> Ink | None:
    """Return the ink of a black-and-white drawing made on a screen, or None for a photo or scan."""
    paper = gray[0, 0]
    if paper not in (0, 255) or (border_pixels(gray) != paper).any():
        return None
    ink = 255 - gray if paper else gray
    strong = ink > 127
    has_crisp_ink = ink.max() == 255 and (ink > 0).sum() <= 2 * strong.sum() <= ink.size
    return ink if has_crisp_ink and not find_main_components(strong)[1] else None
