"""Find a line of digits in a canvas drawing, a photo or a scan."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from digitrec.imaging.arrays import Contrast, Gray, Ink, Mask, bounding_box
from digitrec.imaging.ink.background import remove_background
from digitrec.imaging.ink.cell_frame import add_frame, apply_threshold, is_rest_of_frame
from digitrec.imaging.ink.components import keep_largest_components
from digitrec.imaging.ink.ruled_lines import find_edge_bands, find_ruled_lines
from digitrec.imaging.ink.thresholds import MIN_CONTRAST, hysteresis_threshold, to_gray
from digitrec.imaging.line.components import LineComponents, find_line_components
from digitrec.imaging.normalize import MIN_INK, mean_stroke_width
from digitrec.prediction import Step

# Two lines in one drawing, relative to the height of the tallest.
_MIN_LINE_GAP = 0.1
_MIN_LINE_HEIGHT = 0.5
_MIN_LINE_ASPECT = 1.2  # One of the lines is this many times as wide as high; otherwise, it is a digit in pieces.

_TIGHT_CROP = 1.4  # If the image is less than this many times as high as the writing, a vertical line may be a 1.
_MAX_RULE_THICKNESS = 0.75  # In such an image, only lines thinner than this share of the stroke width are ruled lines.


@dataclass(frozen=True, slots=True)
class HandwrittenLine:
    """The ink of one line of writing."""

    ink: Ink
    writing: Mask  # The pixels that are certain to be writing; other ink may be faint print.
    enlargement: float = 1.0  # The size of the ink relative to the decoded image.
    has_second_line: bool = False  # Whether there seems to be another line, which was dropped.


def line_from_drawing(ink: Ink) -> HandwrittenLine:
    """Return the line in a canvas drawing; if there are several, the one with the most ink."""
    inked = np.asarray(cv2.threshold(ink, MIN_INK - 1, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    lines = _split_lines(inked > 0)
    if len(lines) > 1:
        kept = max(lines, key=lambda rows: int(np.count_nonzero(inked[rows])))
        inked[: kept.start] = inked[kept.stop :] = 0
    writing = keep_largest_components(inked > 0)
    return HandwrittenLine(inked * writing, writing, has_second_line=len(lines) > 1)


def find_line(gray: Gray) -> tuple[HandwrittenLine, tuple[Step, ...]]:
    """Return the line of digits in a grayscale image, and the steps that found it.

    As in ``find_ink``, the paper is subtracted and ruled lines are removed, and so are the frame of a table's cell and
    bands along the edges. A second threshold separates the writing from fainter print. Ruled lines in that print are
    removed too, but its other ink is left to the network, because no threshold separates ink from print on patterned
    paper.
    """
    contrast, enlargement, steps = remove_background(gray, is_line=True)
    strong, printed_lines, has_frame = _separate_print(contrast)
    (writing, dropped, has_second_line), lines = _find_writing(strong, printed_lines)
    if has_frame and is_rest_of_frame(writing):
        writing = np.zeros_like(writing)
    if not writing.any():
        blank = np.zeros(contrast.shape, np.uint8)
        steps.append(Step("Connected components", blank, "nothing stands out from the paper"))
        return HandwrittenLine(blank, blank > 0, enlargement), tuple(steps)
    if lines.any():
        cleared = (strong & ~lines).astype(np.uint8) * 255
        steps.append(Step("Ruled lines removed", cleared, "lines from edge to edge and bands along the edges"))
    reason = f"other parts left out: {dropped}" if dropped else "all parts kept"
    reason += ", including another line" * has_second_line
    steps.append(Step("Connected components", writing.astype(np.uint8) * 255, reason))
    full = max(float(np.percentile(contrast[writing], 75)), 1e-6)
    ink = np.where(lines & ~writing, 0, np.clip(contrast / full, 0, 1) * 255).astype(np.uint8)
    return HandwrittenLine(ink, writing, enlargement, has_second_line), tuple(steps)


def _separate_print(contrast: Contrast) -> tuple[Mask, Mask, bool]:
    """Return the pixels darker than faint print, the printed lines, and whether there is the frame of a table's cell.

    The printed lines are bands along the edges and ruled lines, as far as these are fainter than the writing. Nothing
    is darker than print if nothing stands out from the paper.
    """
    threshold, strong, ruled_lines, near_frame = apply_threshold(contrast)
    has_frame = bool(near_frame.any())
    if threshold < MIN_CONTRAST:
        return np.zeros_like(strong), np.zeros_like(strong), has_frame
    upper_threshold = _threshold_above_print(contrast[~near_frame], threshold)
    strong = hysteresis_threshold(contrast, upper_threshold)
    bands = find_edge_bands(strong)
    if bands.any():
        upper_threshold = _threshold_above_print(contrast[~(bands | near_frame)], threshold)
        strong = hysteresis_threshold(contrast, upper_threshold)
        bands = find_edge_bands(strong)
    # A printed line may be fainter than the writing, and the writing is darker where it crosses the line.
    faint_lines = ruled_lines & (contrast <= upper_threshold)
    return strong & ~faint_lines, bands | faint_lines, has_frame


def _find_writing(strong: Mask, printed_lines: Mask) -> tuple[LineComponents, Mask]:
    """Return the components of the writing, and all lines: the printed ones, those as dark as writing, and the frame.

    If there is nothing but lines, they are the writing.
    """
    lines = add_frame(strong, find_ruled_lines(strong) | printed_lines)
    components = find_line_components(strong & ~lines)
    rows, _ = bounding_box(components.writing) or (slice(0, 0), slice(0, 0))
    if _TIGHT_CROP * (rows.stop - rows.start) > len(strong):
        max_thickness = _MAX_RULE_THICKNESS * mean_stroke_width(components.writing.astype(np.uint8) * 255)
        lines = add_frame(strong, find_ruled_lines(strong, max_thickness) | printed_lines)
        components = find_line_components(strong & ~lines)
    if not (strong & ~lines).any():
        return find_line_components(strong), np.zeros_like(lines)
    return components, lines


def _threshold_above_print(contrast: Contrast, threshold: float) -> float:
    """Return Otsu's threshold (1979) among the pixels above a threshold, which separates writing from fainter print.

    On plain paper it separates ink from its soft edges, which hysteresis keeps anyway.
    """
    level = to_gray(contrast[contrast > threshold])
    return max(threshold, cv2.threshold(level[np.newaxis], 0, 255, cv2.THRESH_OTSU)[0] / 255)


def _split_lines(writing: Mask) -> list[slice]:
    """Return the rows of each line of a drawing, or nothing if there is only one."""
    edges = np.flatnonzero(np.diff(writing.any(1), prepend=False, append=False))
    if len(edges) <= 2:
        return []
    bands = [slice(*pair) for pair in edges.reshape(-1, 2).tolist()]
    tallest = max(band.stop - band.start for band in bands)
    lines = [band for band in bands if band.stop - band.start >= _MIN_LINE_HEIGHT * tallest]
    are_apart = all(below.start - above.stop >= _MIN_LINE_GAP * tallest for above, below in pairwise(lines))
    has_wide_line = any(
        np.ptp(np.flatnonzero(writing[rows].any(0))) + 1 >= _MIN_LINE_ASPECT * (rows.stop - rows.start)
        for rows in lines
    )
    return lines if are_apart and has_wide_line else []
