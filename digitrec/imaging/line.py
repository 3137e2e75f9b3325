"""From a line of writing to the strip that a network reads: on a canvas or in a picture."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.ink import (
    FAINTEST_CONTRAST,
    LEAST_SIDE,
    against_paper,
    has_dark_ink,
    hysteresis,
    threshold_near_edges,
)
from digitrec.imaging.normalize import FAINTEST
from digitrec.imaging.parts import parts_of_line
from digitrec.imaging.ruling import along_edges, ruling
from digitrec.imaging.steps import Step
from digitrec.imaging.stroke_width import stroke_width

Grey = NDArray[np.uint8]  # (height, width)
Mask = NDArray[np.bool_]  # (height, width)

HEIGHT = 32
"""How many rows a strip has."""
WRITING = 26
"""How many of them the writing fills."""
WIDEST = 768
"""A strip has at most this many columns; longer lines are made smaller."""
NARROWEST = 32
LEAST_HEIGHT = 8
"""Writing of fewer rows is not made larger than if it had as many: it is dots and dashes."""

_OTHER_VIEWS = ((0.88, 0.1), (1.1, -0.1))
"""How much larger, and how much more to the right the upper rows, a line might have been written."""
_STEEPEST = np.tan(np.radians(12))
_LONG = 2.0
"""How many times as long as it is high writing has to be for its slope to be told."""
_APART, _LOWER, _WIDER = 0.1, 0.5, 1.2
"""What is drawn below a gap of this share of a line's height is another line if at least this high beside it, and one
of the two is so many times as wide as it is high."""
_ROOM = 1.4
"""In a picture that is not so many times as high as the writing, an upright line may be a 1,"""
_THINNER = 0.75
"""unless it is thinner than this share of the strokes."""
_BESIDE = 0.2
"""What of the paper around the writing stays with it, as a share of the writing's height."""


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line of writing, found."""

    ink: Grey
    """0 = paper, 255 = ink."""
    writing: Mask
    """What of the ink is sure to be writing."""
    enlargement: float = 1.0
    """How many times as large it is as the picture it was found in."""
    another: bool = False
    """Whether there seems to be another line beside it, left out."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of writing, level and of a usual height, and where it comes from."""

    picture: NDArray[np.float32]  # (HEIGHT, width) in [0, 1]
    left: int
    """The column of the ink at which the strip begins."""
    scale: float
    """How many pixels of the strip one of the ink becomes."""
    top: float
    """The row of the ink at which it begins in that column."""
    slope: float
    """How many rows the ink falls with each of its columns."""

    def places(
        self, rows: NDArray[np.integer], columns: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
        """The rows of the strip, and the places between its columns, at which pixels of the ink are."""
        down = (rows + 0.5 - self.top - self.slope * (columns - self.left)) * self.scale
        return np.clip(down.astype(np.intp), 0, HEIGHT - 1), (columns + 0.5 - self.left) * self.scale


def drawn_line(ink: Grey) -> WrittenLine:
    """The line on a canvas: ink (height, width) is writing from 20 up; of several lines it is the one of most ink."""
    inked = np.asarray(cv2.threshold(ink, FAINTEST - 1, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    lines = _lines(inked > 0)
    if len(lines) > 1:
        kept = max(lines, key=lambda rows: int(np.count_nonzero(inked[rows])))
        inked[: kept.start] = inked[kept.stop :] = 0
    return WrittenLine(inked, inked > 0, another=len(lines) > 1)


def find_line(grey: Grey) -> tuple[WrittenLine, tuple[Step, ...]]:
    """The line in a picture's brightness (height, width), and the steps that found it.

    As ``find_ink`` does for one digit, paper is followed across the picture and ruling taken away, and so is what runs
    along the edges. A second threshold tells the writing from fainter print. But whatever is fainter than the writing
    stays as faint as it is, for the network to judge: on patterned paper no threshold tells ink from print.
    """
    enlargement = max(1.0, LEAST_SIDE / max(grey.shape))
    if enlargement > 1:
        grey = np.asarray(cv2.resize(grey, None, fx=enlargement, fy=enlargement, interpolation=cv2.INTER_CUBIC))
    dark_ink = has_dark_ink(grey, is_line=True)
    bright = 255 - grey if dark_ink else grey
    steps = [Step("Ink bright", bright, "dark ink on light paper" if dark_ink else "light ink on dark paper")]

    contrast = against_paper(bright)
    shown = (np.clip(contrast, 0, 1) * 255).astype(np.uint8)
    steps.append(Step("Paper removed", shown, "uneven light taken away"))
    threshold = threshold_near_edges(contrast)
    beside = along_edges(hysteresis(contrast, _threshold_of_ink(contrast, threshold)))
    strong = hysteresis(contrast, _threshold_of_ink(contrast[~beside], threshold))
    edges = along_edges(strong)
    lines = ruling(strong) | edges
    parts = parts_of_line(strong & ~lines)
    rows, _ = bounding_box(parts.writing) or (slice(0, 0), slice(0, 0))
    if _ROOM * (rows.stop - rows.start) > len(grey):
        thickest = _THINNER * stroke_width(parts.writing.astype(np.uint8) * 255)
        lines = ruling(strong, thickest) | edges
        parts = parts_of_line(strong & ~lines)
    if not (strong & ~lines).any():
        lines = np.zeros_like(lines)
        parts = parts_of_line(strong)
    writing, left_out, another = parts
    if threshold < FAINTEST_CONTRAST or not writing.any():
        blank = np.zeros_like(grey)
        return WrittenLine(blank, blank > 0, enlargement), (
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
    return WrittenLine(ink, writing, enlargement, another), tuple(steps)


def strip_of(line: WrittenLine) -> tuple[Strip | None, tuple[Step, ...]]:
    """The strip for a line, None where there is no ink, and every step on the way.

    A line that climbs or falls is sheared level. The writing then fills 26 of the strip's 32 rows.
    """
    ink, box = line.ink, bounding_box(line.writing)
    if box is None:
        return None, (Step("Ink", ink, "no ink"),)
    rows, columns = box
    width = columns.stop - columns.start
    steps = [Step("Ink", ink, f"the writing is {width} x {rows.stop - rows.start} pixels")]
    slope, raised = _slope(line.writing, box), 0.0
    if slope:
        grown = int(np.ceil(abs(slope) * width / 2))
        raised = slope * (columns.start + columns.stop) / 2 + grown
        shear = np.array([[1, 0, 0], [-slope, 1, raised]])
        size = (ink.shape[1], ink.shape[0] + 2 * grown)
        ink = np.asarray(cv2.warpAffine(ink, shear, size), np.uint8)
        rows = (bounding_box(cv2.warpAffine(line.writing.astype(np.uint8), shear, size)) or box)[0]
        steps.append(Step("Levelled", ink, f"the line fell by {np.degrees(np.arctan(slope)):.1f}°"))
    height = rows.stop - rows.start
    scale = min(WRITING / height, WIDEST / width, WRITING / LEAST_HEIGHT)
    beside = max(round(_BESIDE * height), 1)
    left = max(columns.start - beside, 0)
    # The middle of the writing comes to the middle of the strip.
    reach, middle = HEIGHT / 2 / scale, (rows.start + rows.stop) / 2
    top, bottom = max(0, int(middle - reach)), min(ink.shape[0], int(np.ceil(middle + reach)))
    cropped = ink[top:bottom, left : columns.stop + beside]
    size = max(1, round(cropped.shape[1] * scale)), max(1, round(cropped.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(cropped, size, interpolation=method)[:HEIGHT]
    at = min(max(round(HEIGHT / 2 - (middle - top) * scale), 0), HEIGHT - small.shape[0])
    strip = np.zeros((HEIGHT, max(NARROWEST, small.shape[1])), np.uint8)
    strip[at : at + small.shape[0], : small.shape[1]] = small
    inked = strip[strip >= FAINTEST]
    full = max(float(np.percentile(inked, 90)) if inked.size else 0.0, FAINTEST)
    picture = np.minimum(strip / np.float32(full), 1).astype(np.float32)
    steps.append(
        Step(
            "Strip",
            (picture * 255).astype(np.uint8),
            f"made {HEIGHT} pixels high, the writing {WRITING} of them: what the network sees",
        )
    )
    return Strip(picture, left, scale, top - at / scale - raised + slope * left, slope), tuple(steps)


def views(strip: Strip) -> list[NDArray[np.float32]]:
    """A strip (32, width) as it is, and as it would be had the line been written a little otherwise."""
    height, width = strip.picture.shape
    others = []
    for size, slant in _OTHER_VIEWS:
        shape = np.array([[size, -slant, slant * height / 2], [0, size, (1 - size) * height / 2]])
        wide = max(NARROWEST, round(size * width) + 4)
        others.append(np.asarray(cv2.warpAffine(strip.picture, shape, (wide, height)), np.float32))
    return [strip.picture, *others]


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


def _slope(writing: Mask, box: tuple[slice, slice]) -> float:
    """How far the writing falls for each column, by least squares; 0 where it is too short to tell."""
    rows, columns = box
    if columns.stop - columns.start < _LONG * (rows.stop - rows.start):
        return 0.0
    moments = cv2.moments(writing[box].astype(np.uint8), binaryImage=True)
    slope = moments["mu11"] / max(moments["mu20"], 1.0)
    return slope if 0.01 < abs(slope) < _STEEPEST else 0.0
