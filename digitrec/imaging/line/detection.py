"""From a line of writing to the strip that a network reads: on a canvas or in a picture."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.binarize import (
    MIN_CONTRAST,
    MIN_SIDE,
    contrast_to_paper,
    has_dark_ink,
    hysteresis_threshold,
    otsu_threshold_near_edges,
)
from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.components import find_line_components
from digitrec.imaging.normalize import MIN_INK
from digitrec.imaging.ruled_lines import find_edge_bands, find_ruled_lines
from digitrec.imaging.stroke_width import mean_stroke_width
from digitrec.prediction import Step

Gray = NDArray[np.uint8]  # (height, width)
Mask = NDArray[np.bool_]  # (height, width)


_APART, _LOWER, _WIDER = 0.1, 0.5, 1.2
"""What is drawn below a gap of this share of a line's height is another line if at least this high beside it, and one
of the two is so many times as wide as it is high."""
_ROOM = 1.4
"""In a picture that is not so many times as high as the writing, an upright line may be a 1,"""
_THINNER = 0.75
"""unless it is thinner than this share of the strokes."""


@dataclass(frozen=True, slots=True)
class HandwrittenLine:
    """A line of writing, found."""

    ink: Gray
    """0 = paper, 255 = ink."""
    writing: Mask
    """What of the ink is sure to be writing."""
    enlargement: float = 1.0
    """How many times as large it is as the picture it was found in."""
    another: bool = False
    """Whether there seems to be another line beside it, left out."""


def line_from_drawing(ink: Gray) -> HandwrittenLine:
    """The line on a canvas: ink (height, width) is writing from 20 up; of several lines it is the one of most ink."""
    inked = np.asarray(cv2.threshold(ink, MIN_INK - 1, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    lines = _lines(inked > 0)
    if len(lines) > 1:
        kept = max(lines, key=lambda rows: int(np.count_nonzero(inked[rows])))
        inked[: kept.start] = inked[kept.stop :] = 0
    return HandwrittenLine(inked, inked > 0, another=len(lines) > 1)


def find_line(gray: Gray) -> tuple[HandwrittenLine, tuple[Step, ...]]:
    """The line in a picture's brightness (height, width), and the steps that found it.

    As ``find_ink`` does for one digit, paper is followed across the picture and ruling taken away, and so is what runs
    along the edges. A second threshold tells the writing from fainter print. But whatever is fainter than the writing
    stays as faint as it is, for the network to judge: on patterned paper no threshold tells ink from print.
    """
    enlargement = max(1.0, MIN_SIDE / max(gray.shape))
    if enlargement > 1:
        gray = np.asarray(cv2.resize(gray, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC))
    dark_ink = has_dark_ink(gray, is_line=True)
    bright = 255 - gray if dark_ink else gray
    steps = [Step("Ink bright", bright, "dark ink on light paper" if dark_ink else "light ink on dark paper")]

    contrast = contrast_to_paper(bright)
    shown = (np.clip(contrast, 0, 1) * 255).astype(np.uint8)
    steps.append(Step("Paper removed", shown, "uneven light taken away"))
    threshold = otsu_threshold_near_edges(contrast)
    beside = find_edge_bands(hysteresis_threshold(contrast, _threshold_of_ink(contrast, threshold)))
    strong = hysteresis_threshold(contrast, _threshold_of_ink(contrast[~beside], threshold))
    edges = find_edge_bands(strong)
    lines = find_ruled_lines(strong) | edges
    parts = find_line_components(strong & ~lines)
    rows, _ = bounding_box(parts.writing) or (slice(0, 0), slice(0, 0))
    if _ROOM * (rows.stop - rows.start) > len(gray):
        thickest = _THINNER * mean_stroke_width(parts.writing.astype(np.uint8) * 255)
        lines = find_ruled_lines(strong, thickest) | edges
        parts = find_line_components(strong & ~lines)
    if not (strong & ~lines).any():
        lines = np.zeros_like(lines)
        parts = find_line_components(strong)
    writing, left_out, another = parts
    if threshold < MIN_CONTRAST or not writing.any():
        blank = np.zeros_like(gray)
        return HandwrittenLine(blank, blank > 0, enlargement), (
            *steps,
            Step("Writing", blank, "nothing on the paper stands out"),
        )
    if lines.any():
        clear = (strong & ~lines).astype(np.uint8) * 255
        steps.append(Step("Ruling removed", clear, "lines from edge to edge and what runs along an edge"))
    reason = f"{left_out} other things left out" if left_out else "all"
    reason += ", another line among them" * another
    steps.append(Step("Writing", writing.astype(np.uint8) * 255, reason))
    full = max(float(np.percentile(contrast[writing], 75)), 1e-6)
    ink = np.where(lines & ~writing, 0, np.clip(contrast / full, 0, 1) * 255).astype(np.uint8)
    return HandwrittenLine(ink, writing, enlargement, another), tuple(steps)


def _threshold_of_ink(contrast: NDArray[np.float32], threshold: float) -> float:
    """The contrast that parts what is above a threshold best (Otsu 1979): the writing's own ink from fainter print.

    On patterned paper what stands out is ink and print. On plain paper it is ink and its soft edges, which hold
    together with it all the same. Where all of it is alike Otsu tells nothing, and the threshold stays.
    """
    level = (np.clip(contrast[contrast > threshold], 0, 1) * 255).astype(np.uint8)
    return max(threshold, cv2.threshold(level[np.newaxis], 0, 255, cv2.THRESH_OTSU)[0] / 255)


def _lines(writing: Mask) -> list[slice]:
    """The rows of each line, one below the other; fewer than two where but one is told, be it a digit in pieces."""
    edges = np.flatnonzero(np.diff(writing.any(1), prepend=False, append=False))
    if len(edges) <= 2:
        return []
    bands = [slice(*pair) for pair in edges.reshape(-1, 2).tolist()]
    tallest = max(band.stop - band.start for band in bands)
    lines = [band for band in bands if band.stop - band.start >= _LOWER * tallest]
    apart = all(below.start - above.stop >= _APART * tallest for above, below in pairwise(lines))
    wide = any(np.ptp(np.flatnonzero(writing[line].any(0))) + 1 >= _WIDER * (line.stop - line.start) for line in lines)
    return lines if apart and wide else []
