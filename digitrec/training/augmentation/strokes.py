"""Augment pen strokes: rotate, slant, stretch and wobble them, and draw them with any brush."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import bounding_box

Ink = NDArray[np.uint8]  # (height, width), 0 = paper, 255 = ink
Points = NDArray[np.floating]  # (N, 2): the points of one stroke, x to the right and y down
Random = np.random.Generator

_SIDE = 112
_MARGIN = 4
_NARROW = 0.3
_HAIRLINES = 0.03  # The share of drawings with lines of one pixel.
_WIDEST_GAP = 0.22
"""The largest part of a 0's outline that may be missing; with a good quarter missing, it might be a letter."""


def augment_strokes(strokes: list[Points], random: Random, max_brush: float = 0.25, side: int = _SIDE) -> Ink:
    """Return the ink (side, side) of strokes that are randomly rotated, slanted, stretched and made unsteady.

    The brush is random too, at most ``max_brush`` times the size of the drawing, and at least one pixel.
    """
    low, high = bounds(strokes)
    extent = max(*(high - low), 1e-6)
    angle, slant = np.radians(random.normal(0, 6)), np.tan(np.radians(random.uniform(-25, 25)))
    stretch = np.exp(random.normal(0, 0.15))
    transform = np.array([[stretch, 0], [slant, 1 / stretch]]) @ rotation(angle)
    step = int(random.integers(2, 5)) if random.random() < 0.25 else 1
    centered = [(thin_out(stroke, step) - (low + high) / 2) / extent @ transform for stroke in strokes]
    moved = []
    for stroke in centered:
        frequency, phase = random.uniform(1, 8, 2), random.uniform(0, 2 * np.pi, 2)
        moved.append(wobble(stroke, random.exponential(0.02), frequency, phase))
    low, high = bounds(moved)
    brush = np.exp(random.uniform(np.log(0.025), np.log(max_brush)))
    if random.random() < _HAIRLINES:
        brush = 1 / side
    scale = (side - 2 * min(_MARGIN, side // 10)) / (max(*(high - low), 1e-6) + brush)
    ink = np.zeros((side, side), np.uint8)
    for stroke in moved:
        draw(ink, (stroke - (low + high) / 2) * scale + side / 2, brush * scale)
    return ink


def bounds(strokes: list[Points]) -> tuple[Points, Points]:
    """Return the smallest and the largest x and y of strokes."""
    points = np.concatenate(strokes)
    return points.min(0), points.max(0)


def add_upstroke(strokes: list[Points], random: Random) -> list[Points]:
    """Return a 1 with the long upstroke that many people start it with, unless it already has one."""
    points = np.concatenate(strokes)
    width, height = np.ptp(points, 0)
    if width > _NARROW * height:
        return strokes
    top = points[points[:, 1].argmin()]
    down = random.uniform(0.25, 1.0) * height
    start = top + np.array([-random.uniform(0.3, 0.8) * down, down])
    return [arc(start, top, random.normal((0, 0.05), 0.05) * height), *strokes]


def careless_zero(random: Random) -> list[Points]:
    """Return a 0 that isn't quite closed, or whose end overshoots or curls inside."""
    turn = 1 - random.uniform(0, _WIDEST_GAP) if random.random() < 0.5 else 1 + random.uniform(0, 0.3)
    share = np.linspace(0, turn, 60)
    # Most people start at the top, but the gap may be anywhere.
    start = random.uniform(0, 2 * np.pi) if random.random() < 0.6 else random.normal(-np.pi / 2, 0.6)
    angle = start + random.choice((-1, 1)) * 2 * np.pi * share
    end = random.uniform(0.55, 1.25) if turn > 1 else random.uniform(0.75, 1.15)
    # The radius changes over the last third of a turn, as the pen misses where it started.
    radius = 1 + (end - 1) * np.clip((share - turn + 0.33) / 0.33, 0, 1) ** 2
    ellipse = np.stack([random.uniform(0.5, 1) * np.cos(angle), np.sin(angle)], 1)
    return [ellipse * radius[:, np.newaxis] * 100]


def flagged_one(random: Random) -> list[Points]:
    """Return a 1 with a flag, which may be bent or hooked, and no base."""
    flag, lean = random.uniform(0.12, 0.5) * 100, random.normal(0, 4)
    drop = min(flag * np.tan(np.radians(random.uniform(22, 68))), 60)
    sag = np.array([0, random.normal(0, 0.08) * drop])
    one = np.concatenate([arc(np.array([-flag, drop]), np.zeros(2), sag), [[lean / 2, 50], [lean, 100]]])
    if random.random() < 0.3:
        hook = [[-flag + random.uniform(-4, 8), drop + random.uniform(2, 10)]]
        one = np.concatenate([hook, one])
    return [one]


def stemmed_nine(random: Random) -> list[Points]:
    """Return a 9 with its stem on the left, like a P or a stretched e, as some people write it in one stroke."""
    height = random.uniform(0.4, 0.62) * 100
    width = height * random.uniform(0.6, 1.15)
    angle = np.radians(np.linspace(random.uniform(100, 185), -random.uniform(165, 205), 30))
    ellipse = np.stack([width / 2 * np.cos(angle), height / 2 * (1 + np.sin(angle))], 1)
    top = ellipse[-1]
    foot = np.array([top[0] + random.uniform(-0.15, 0.3) * width, 100])
    stem = arc(top, foot, np.array([-random.uniform(-0.05, 0.2) * width, 0]))
    if random.random() < 0.4:
        turn = np.array([random.uniform(0.1, 0.6) * width, -random.uniform(0, 0.12) * 100])
        stem = np.concatenate([stem, arc(foot, foot + turn, np.array([0, random.uniform(0, 6)]))])
    return [np.concatenate([ellipse, stem])]


def checked_five(random: Random) -> list[Points]:
    """Return a 5 with hardly any bowl, like a check mark with a flag that may be detached, as some people write it."""
    foot = np.array([random.uniform(20, 40), 100])
    start = foot - (random.uniform(12, 30), random.uniform(10, 55))
    neck = np.array([foot[0] + random.uniform(5, 40), random.uniform(0, 25)])
    bowl = arc(start, foot, np.array([random.uniform(0, 8), random.uniform(-4, 8)]))
    back = arc(foot, neck, np.array([random.uniform(-4, 12), 0]))
    flag_start = neck + random.normal(0, 2, 2)
    if random.random() < 0.5:
        flag_start += random.uniform((0, -12), (14, 6))
    flag_end = flag_start + np.array([random.uniform(25, 70), random.normal(-6, 8)])
    flag = arc(flag_start, flag_end, np.array([0, random.uniform(-8, 3)]))
    return [np.concatenate([bowl, back]), flag]


def slash(random: Random) -> list[Points]:
    """Return a slash, which leans more than the digits around it."""
    return [arc(np.array([random.uniform(22, 90), 0]), np.array([0.0, 100]), random.normal(0, 3, 2))]


def opening_parenthesis(random: Random) -> list[Points]:
    """Return an opening parenthesis, which may be hardly bent."""
    top, bottom = np.array([random.normal(0, 8), 0]), np.array([random.normal(0, 8), 100])
    return [arc(top, bottom, np.array([-random.uniform(6, 32), 0]))]


def closing_parenthesis(random: Random) -> list[Points]:
    """Return a closing parenthesis, which may be hardly bent."""
    return [stroke * (-1, 1) for stroke in opening_parenthesis(random)]


def draw(ink: Ink, stroke: Points, brush: float) -> None:
    """Draw one stroke with a round brush onto ink, in place; points and brush are in pixels."""
    # OpenCV takes the points in sixteenths of a pixel.
    cv2.polylines(ink, [np.round(stroke * 16).astype(np.int32)], False, 255, max(1, round(brush)), cv2.LINE_AA, 4)


def draw_tightly(strokes: list[Points], scale: float, brush: float) -> Ink:
    """Return the ink of strokes at a scale, drawn with a round brush as far to the top left as it fits."""
    low, high = bounds(strokes)
    width, height = np.ceil((high - low) * scale + brush + 4).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        draw(ink, (stroke - low) * scale + brush / 2 + 1, brush)
    return ink


def arc(start: Points, end: Points, sag: Points) -> Points:
    """Return a stroke from one point to another whose middle is displaced by ``sag``."""
    share = np.linspace(0, 1, 12)[:, np.newaxis]
    return np.asarray(start + share * (end - start) + 4 * share * (1 - share) * sag)


def wobble(stroke: Points, strength: float, frequency: Points, phase: Points) -> Points:
    """Return a stroke displaced along a sine wave."""
    return np.asarray(stroke + strength * np.sin(stroke[:, ::-1] * frequency + phase))


def thin_out(stroke: Points, step: int) -> Points:
    """Return every ``step``-th point of a stroke, and the last one; short strokes stay as they are."""
    return stroke if step == 1 or len(stroke) < 6 else np.concatenate([stroke[:-1:step], stroke[-1:]])


def crop(ink: Ink) -> Ink:
    """Return the part of the image that holds ink, or a dot if there is none."""
    box = bounding_box(ink)
    return ink[box] if box else np.full((2, 2), 255, np.uint8)


def rotation(angle: float) -> NDArray[np.float64]:
    """Return the matrix (2, 2) that rotates points (N, 2), multiplied from the right, by an angle in radians."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
