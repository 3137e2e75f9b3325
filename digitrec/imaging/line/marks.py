"""Recognize dots, commas and dashes among digits by their shape."""

from collections.abc import Iterable, Sequence
from statistics import median

from digitrec.imaging.line.segmentation import Segment
from digitrec.imaging.line.straightening import MIN_WRITING_HEIGHT
from digitrec.imaging.normalize import mean_stroke_width

_MIN_DIGIT_HEIGHT = 2.5  # Height of a digit in stroke widths; a dot is about two high, a dash one.
_MAX_MARK_HEIGHT = 0.5  # Dots and dashes are lower than this, relative to the tallest character.
_MAX_PEN_TRAVEL = 0.33  # For a dot, comma or dash, the pen moves down less than this, relative to the digits' height.

# Commas as large as a small 1.
_MIN_COMMA_SEGMENTS = 3  # Among fewer characters, there is no telling which of them is small.
_MAX_COMMA_HEIGHT = 0.7  # A comma is lower than this, relative to the other characters.
_MIN_COMMA_DEPTH = 0.4  # It starts at least this far below the top of its neighbors, relative to their height.


def is_dot_or_dash(segment: Segment, segments: Sequence[Segment]) -> bool:
    """Return whether one of the segments of a line is only a dot or a dash."""
    height = len(segment.ink)
    is_low = len(segments) == 1 or height < _MAX_MARK_HEIGHT * max(len(other.ink) for other in segments)
    return is_low and height < max(MIN_WRITING_HEIGHT, _MIN_DIGIT_HEIGHT * mean_stroke_width(segment.ink))


def are_only_marks(parts: Iterable[Segment], segments: Sequence[Segment]) -> bool:
    """Return whether every part besides the segments of a line is small enough for a dot, comma or dash."""
    max_travel = _MAX_PEN_TRAVEL * median(len(segment.ink) for segment in segments)
    return all(
        len(part.ink) <= max_travel or len(part.ink) - mean_stroke_width(part.ink) <= max_travel for part in parts
    )


def is_comma(index: int, segments: Sequence[Segment], slope: float) -> bool:
    """Return whether one of the segments of a line is as small and low as a comma, compared with its neighbors.

    ``slope`` is how many rows the line descends per column.
    """
    if len(segments) < _MIN_COMMA_SEGMENTS:
        return False
    heights = [len(segment.ink) for segment in segments]
    if heights[index] >= _MAX_COMMA_HEIGHT * median(heights[:index] + heights[index + 1 :]):
        return False
    tops = [segment.rows.start - slope * (segment.columns.start + segment.columns.stop) / 2 for segment in segments]
    neighbors = (near for near in (index - 1, index + 1) if 0 <= near < len(segments))
    return all(tops[index] > tops[near] + _MIN_COMMA_DEPTH * heights[near] for near in neighbors)
