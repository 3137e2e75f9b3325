"""What is written among digits and is none, told by its shape: dots, dashes and slashes."""

from collections.abc import Sequence
from enum import Enum, auto

import cv2
import numpy as np

from digitrec.imaging.line.detection import Gray
from digitrec.imaging.line.segmentation import Segment
from digitrec.imaging.line.straightening import MIN_WRITING_HEIGHT
from digitrec.imaging.stroke_width import mean_stroke_width

_DIGIT = 2.5
"""A digit is at least so many times as high as its stroke is wide; a dot is twice as high, a dash as high."""
_LOW = 0.5
"""What is at least this high, beside the other characters, is neither."""
_TRAVEL = 0.33
"""For more than a comma the pen goes this far down, beside the height of the characters."""
_STRAIGHT = 1.6
"""A straight stroke spreads less than this beside itself, in its widths."""
_TALLER, _LEANING = 1.15, 15
"""A straight stroke is a slash if it is so much higher than the others, leans by so many degrees at least, and by so
many more than they do;"""
_LEANING_LITTLE = 10
"""it may be one if it is that high and leans by so many more,"""
_AS_HIGH, _LEANING_MORE = 0.95, 20
"""or if it is but as high and leans by so many more."""


class Slash(Enum):
    """Whether a stroke that reads as a 1 is a slash."""

    NO = auto()
    PERHAPS = auto()
    YES = auto()


def is_dot_or_dash(cut: Segment, cuts: Sequence[Segment]) -> bool:
    """Whether one of these characters is but a dot or a dash."""
    height = len(cut.ink)
    low = len(cuts) == 1 or height < _LOW * max(len(other.ink) for other in cuts)
    return low and height < max(MIN_WRITING_HEIGHT, _DIGIT * mean_stroke_width(cut.ink))


def is_larger_than_a_mark(cut: Segment, cuts: Sequence[Segment]) -> bool:
    """Whether what stands beside these characters is too large for a dot, a comma or a dash."""
    travel = _TRAVEL * float(np.median([len(other.ink) for other in cuts]))
    return len(cut.ink) > travel and len(cut.ink) - mean_stroke_width(cut.ink) > travel


def classify_slash(cut: Segment, others: Sequence[Segment]) -> Slash:
    """Whether a character among others is a slash."""
    lean, across = _lean(cut.ink)
    if not others or abs(lean) <= _LEANING_LITTLE or across > _STRAIGHT * mean_stroke_width(cut.ink):
        return Slash.NO
    taller = len(cut.ink) / float(np.median([len(other.ink) for other in others]))
    leaning_more = abs(lean) - np.sign(lean) * float(np.median([_lean(other.ink)[0] for other in others]))
    # A hand may slant to one side, and a slash leans to the other.
    leaning = min(abs(lean), leaning_more)
    if taller > _TALLER and leaning > _LEANING:
        return Slash.YES
    if (taller > _TALLER and leaning > _LEANING_LITTLE) or (taller > _AS_HIGH and leaning > _LEANING_MORE):
        return Slash.PERHAPS
    return Slash.NO


def _lean(ink: Gray) -> tuple[float, float]:
    """By how many degrees ink leans to the right, and how far it spreads across when it is put upright."""
    moments = cv2.moments(ink)
    shear = -moments["mu11"] / max(moments["mu02"], 1.0)
    across = max(moments["mu20"] + shear * moments["mu11"], 0.0)
    # Of what is spread evenly.
    return float(np.degrees(np.arctan(shear))), float(np.sqrt(12 * across / max(moments["m00"], 1.0)))
