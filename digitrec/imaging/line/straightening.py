"""Make a line level and bring it to the height of the network's input."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box
from digitrec.imaging.line.detection import HandwrittenLine, Mask
from digitrec.imaging.normalize import MIN_INK
from digitrec.prediction import Step

STRIP_HEIGHT = 32
"""How many rows a strip has."""
WRITING_HEIGHT = 26
"""How many of them the writing fills."""
MAX_STRIP_WIDTH = 768
"""A strip has at most this many columns; longer lines are made smaller."""
MIN_STRIP_WIDTH = 32
MIN_WRITING_HEIGHT = 8
"""Writing of fewer rows is not made larger than if it had as many: it is dots and dashes."""
_OTHER_VIEWS = ((0.88, 0.1), (1.1, -0.1))
"""How much larger, and how much more to the right the upper rows, a line might have been written."""
_STEEPEST = np.tan(np.radians(12))
_LONG = 2.0
"""How many times as long as it is high writing has to be for its slope to be told."""
_BESIDE = 0.2
"""What of the paper around the writing stays with it, as a share of the writing's height."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of writing, level and of a usual height, and where it comes from."""

    image: NDArray[np.float32]  # (STRIP_HEIGHT, width) in [0, 1]
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
        return np.clip(down.astype(np.intp), 0, STRIP_HEIGHT - 1), (columns + 0.5 - self.left) * self.scale


def straighten(line: HandwrittenLine) -> tuple[Strip | None, tuple[Step, ...]]:
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
    scale = min(WRITING_HEIGHT / height, MAX_STRIP_WIDTH / width, WRITING_HEIGHT / MIN_WRITING_HEIGHT)
    beside = max(round(_BESIDE * height), 1)
    left = max(columns.start - beside, 0)
    # The middle of the writing comes to the middle of the strip.
    reach, middle = STRIP_HEIGHT / 2 / scale, (rows.start + rows.stop) / 2
    top, bottom = max(0, int(middle - reach)), min(ink.shape[0], int(np.ceil(middle + reach)))
    cropped = ink[top:bottom, left : columns.stop + beside]
    size = max(1, round(cropped.shape[1] * scale)), max(1, round(cropped.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(cropped, size, interpolation=method)[:STRIP_HEIGHT]
    at = min(max(round(STRIP_HEIGHT / 2 - (middle - top) * scale), 0), STRIP_HEIGHT - small.shape[0])
    strip = np.zeros((STRIP_HEIGHT, max(MIN_STRIP_WIDTH, small.shape[1])), np.uint8)
    strip[at : at + small.shape[0], : small.shape[1]] = small
    inked = strip[strip >= MIN_INK]
    full = max(float(np.percentile(inked, 90)) if inked.size else 0.0, MIN_INK)
    picture = np.minimum(strip / np.float32(full), 1).astype(np.float32)
    steps.append(
        Step(
            "Strip",
            (picture * 255).astype(np.uint8),
            f"made {STRIP_HEIGHT} pixels high, the writing {WRITING_HEIGHT} of them: what the network sees",
        )
    )
    return Strip(picture, left, scale, top - at / scale - raised + slope * left, slope), tuple(steps)


def augmented_views(strip: Strip) -> list[NDArray[np.float32]]:
    """A strip (32, width) as it is, and as it would be had the line been written a little otherwise."""
    height, width = strip.image.shape
    others = []
    for size, slant in _OTHER_VIEWS:
        shape = np.array([[size, -slant, slant * height / 2], [0, size, (1 - size) * height / 2]])
        wide = max(MIN_STRIP_WIDTH, round(size * width) + 4)
        others.append(np.asarray(cv2.warpAffine(strip.image, shape, (wide, height)), np.float32))
    return [strip.image, *others]


def _slope(writing: Mask, box: tuple[slice, slice]) -> float:
    """How far the writing falls for each column, by least squares; 0 where it is too short to tell."""
    rows, columns = box
    if columns.stop - columns.start < _LONG * (rows.stop - rows.start):
        return 0.0
    moments = cv2.moments(writing[box].astype(np.uint8), binaryImage=True)
    slope = moments["mu11"] / max(moments["mu20"], 1.0)
    return slope if 0.01 < abs(slope) < _STEEPEST else 0.0
