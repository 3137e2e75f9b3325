"""Handwriting as other hands, pens and cameras would have made it: the variety that a network learns from.

What leaves here is ink, not yet normalized: it goes through the very preprocessing the app uses.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.bounding_box import bounding_box

Ink = NDArray[np.uint8]
Line = NDArray[np.floating]  # (N, 2), x to the right and y down
Random = np.random.Generator

TALL = 34
"""About how many pixels of ink a digit is high."""
_SIDE = 112
_DRAWN = 104
_LINKED_SHARE = 0.25
_LONGEST_LINK = 0.8
_NARROW = 0.3


def augment_strokes(lines: list[Line], random: Random, thickest: float = 0.25) -> Ink:
    """The ink (112, 112) of pen movements in another hand: turned, slanted, stretched, unsteady, with any brush.

    The brush is ``thickest`` at most as wide as the drawing is large.
    """
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    extent = max(*(high - low), 1e-6)
    turn, slant = np.radians(random.normal(0, 6)), np.tan(np.radians(random.uniform(-25, 25)))
    stretch = np.exp(random.normal(0, 0.15))
    shape = np.array([[stretch, 0], [slant, 1 / stretch]]) @ rotation(turn)
    every = int(random.integers(2, 5)) if random.random() < 0.25 else 1
    moved = [_unsteady((_thinned(line, every) - (low + high) / 2) / extent @ shape, random) for line in lines]

    points = np.concatenate(moved)
    low, high = points.min(0), points.max(0)
    brush = np.exp(random.uniform(np.log(0.025), np.log(thickest)))
    scale = _DRAWN / (max(*(high - low), 1e-6) + brush)
    ink = np.zeros((_SIDE, _SIDE), np.uint8)
    for line in moved:
        draw(ink, (line - (low + high) / 2) * scale + _SIDE / 2, brush * scale)
    return ink


def draw(ink: Ink, line: Line, brush: float) -> None:
    """Draw one movement of a round brush, in pixels, onto ink (height, width)."""
    # Points in sixteenths of a pixel.
    cv2.polylines(ink, [np.round(line * 16).astype(np.int32)], False, 255, max(1, round(brush)), cv2.LINE_AA, 4)


def rewritten(picture: Ink, random: Random) -> Ink:
    """The ink (72, 72) of a scanned digit (28, 28) in another hand: an affine and an elastic change, any pressure.

    Elastic deformation as Simard, Steinkraus and Platt (2003), here by a coarse grid of displacements.
    """
    side = 72
    turn, slant = np.radians(random.normal(0, 6)), np.tan(np.radians(random.uniform(-20, 20)))
    stretch = np.exp(random.normal(0, 0.1))
    back = np.array([[stretch, 0], [slant, 1 / stretch]]) @ rotation(turn) * (28 / side * 1.15)
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    columns, rows = np.meshgrid(axis, axis)
    strength = random.uniform(0, 1.2)
    shifts = cv2.resize(
        (random.normal(0, strength, (5, 5, 2))).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    x = (columns * back[0, 0] + rows * back[1, 0] + 13.5 + shifts[..., 0]).astype(np.float32)
    y = (columns * back[0, 1] + rows * back[1, 1] + 13.5 + shifts[..., 1]).astype(np.float32)
    ink = cv2.remap(picture, x, y, cv2.INTER_CUBIC)
    if random.random() < 0.4:
        change = cv2.dilate if random.random() < 0.5 else cv2.erode
        changed = change(ink, np.ones((3, 3), np.uint8))
        ink = changed if changed.max() > 128 else ink
    return np.asarray(ink, np.uint8)


def captured(ink: Ink, random: Random) -> Ink:
    """Ink as a scanner, a camera or a small file would have kept it: smaller, blurred, grainy, faint or crossed."""
    if random.random() < 0.06:
        ink = _crossed(ink, random)
    if random.random() < 0.25:
        side = int(random.integers(18, 64))
        ink = np.asarray(cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    if random.random() < 0.25:
        blur = random.uniform(0.01, 0.035) * ink.shape[0]
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), blur), np.uint8)
    if random.random() < 0.15:
        grain = cv2.resize(random.uniform(1 - random.uniform(0.3, 1), 1, (24, 24)).astype(np.float32), ink.shape[::-1])
        ink = (ink * grain).astype(np.uint8)
    if random.random() < 0.25:
        threshold = random.uniform(0.25, 0.6) * float(ink.max())
        ink = np.where(ink > threshold, np.uint8(255), np.uint8(0)) if random.random() < 0.5 else _hard(ink, threshold)
    peak = float(ink.max())
    return (ink * (random.uniform(0.7, 1) * 255 / peak)).astype(np.uint8) if peak else ink


def _hard(ink: Ink, threshold: float) -> Ink:
    return np.where(ink > threshold / 2, ink, 0).astype(np.uint8)


def _crossed(ink: Ink, random: Random) -> Ink:
    # What is left of a table's or a sheet's ruling after it was taken away.
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return ink
    crossed = ink.copy()
    thickness = int(random.integers(1, 3))
    level = int(random.integers(80, 256))
    if random.random() < 0.5:
        at = int(random.integers(rows[0], rows[-1] + 1))
        crossed[at : at + thickness, columns[0] : columns[-1] + 1] = level
    else:
        at = int(random.integers(columns[0], columns[-1] + 1))
        crossed[rows[0] : rows[-1] + 1, at : at + thickness] = level
    return np.maximum(crossed, ink)


def _unsteady(line: Line, random: Random) -> Line:
    wave = random.uniform(1, 8, 2)
    phase = random.uniform(0, 2 * np.pi, 2)
    strength = random.exponential(0.02)
    return _waving(line, strength, wave, phase)


def _waving(line: Line, strength: float, wave: Line, phase: Line) -> Line:
    return np.asarray(line + strength * np.sin(line[:, ::-1] * wave + phase))


def _thinned(line: Line, every: int) -> Line:
    return line if every == 1 or len(line) < 6 else np.concatenate([line[:-1:every], line[-1:]])


@dataclass(frozen=True, slots=True)
class Hand:
    """How somebody writes a line: what the digits of it have in common."""

    shape: NDArray[np.float64]
    brush: float
    every: int
    waves: NDArray[np.float64]
    unsteady: float
    pressure: int
    links: float
    """How often it does not lift the pen between two digits."""

    @classmethod
    def of(cls, random: Random) -> "Hand":
        """Any hand."""
        slant = np.tan(np.radians(random.uniform(-22, 38) if random.random() < 0.5 else random.normal(5, 8)))
        stretch = np.exp(random.normal(0, 0.15))
        return cls(
            shape=np.array([[stretch, 0], [-slant, 1 / stretch]]) @ rotation(np.radians(random.normal(0, 3))),
            brush=float(np.exp(random.uniform(np.log(0.03), np.log(0.22)))),
            every=int(random.integers(2, 5)) if random.random() < 0.25 else 1,
            waves=random.uniform(1, 8, 2),
            unsteady=float(random.exponential(0.015)),
            pressure=int(random.choice((-1, 0, 0, 0, 1))),
            links=random.uniform(0.3, 1) if random.random() < _LINKED_SHARE else 0.0,
        )

    def pen(self, lines: list[Line], random: Random, size: float) -> tuple[Ink, Line]:
        """The ink, cropped, of pen movements in this hand, about ``size`` pixels high, and where in it they end."""
        shape = self.shape @ np.array([[1 + random.normal(0, 0.04), 0], [random.normal(0, 0.05), 1]])
        points = np.concatenate(lines)
        low, high = points.min(0), points.max(0)
        middle, extent = (low + high) / 2, max(*(high - low), 1e-6)
        phase = random.uniform(0, 2 * np.pi, 2)
        moved = []
        for line in lines:
            turned = (_thinned(line, self.every) - middle) / extent @ shape
            moved.append(_waving(turned, self.unsteady, self.waves, phase))
        points = np.concatenate(moved)
        low, high = points.min(0), points.max(0)
        brush = self.brush * size
        scale = max(size - brush, 2.0) / max(high[1] - low[1], 0.45 * (high[0] - low[0]), 0.05)
        width, height = np.ceil((high - low) * scale + brush + 4).astype(int)
        ink = np.zeros((height, width), np.uint8)
        placed = [(line - low) * scale + brush / 2 + 1 for line in moved]
        for line in placed:
            draw(ink, line, brush)
        rows, columns = bounding_box(ink) or (slice(0, height), slice(0, width))
        return ink[rows, columns], np.array([placed[0][0], placed[-1][-1]]) - (columns.start, rows.start)

    def link(self, ink: Ink, end: Line, begin: Line, random: Random) -> None:
        """Draw how the pen goes on from where a digit ends to where the next begins, if that is near."""
        if np.hypot(*(begin - end)) < _LONGEST_LINK * TALL and random.random() < self.links:
            sag = np.array([0, random.normal(0.1, 0.1) * TALL])
            draw(ink, _bowed(end, begin, sag), self.brush * TALL)

    def scan(self, picture: Ink, random: Random, size: float) -> Ink:
        """The ink, cropped, of a scanned digit (28, 28) in this hand; ``size`` pixels for 20 of its rows."""
        side = int(size * 1.75)
        back = np.linalg.inv(self.shape.T) * (20 / size)
        # Scanned digits have a slant of their own already.
        back = 0.5 * back + 0.5 * np.eye(2) * (20 / size)
        axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
        columns, rows = np.meshgrid(axis, axis)
        strength = random.uniform(0, 1.0)
        shifts = cv2.resize(
            random.normal(0, strength, (5, 5, 2)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
        )
        x = (columns * back[0, 0] + rows * back[0, 1] + 13.5 + shifts[..., 0]).astype(np.float32)
        y = (columns * back[1, 0] + rows * back[1, 1] + 13.5 + shifts[..., 1]).astype(np.float32)
        ink = np.asarray(cv2.remap(picture, x, y, cv2.INTER_CUBIC), np.uint8)
        if self.pressure:
            changed = (cv2.dilate if self.pressure > 0 else cv2.erode)(ink, np.ones((3, 3), np.uint8))
            ink = np.asarray(changed if changed.max() > 128 else ink, np.uint8)
        return cropped(ink)


def flagged(lines: list[Line], random: Random) -> list[Line]:
    """A 1 with the long upstroke that many hands begin it with, unless it has one."""
    points = np.concatenate(lines)
    width, height = np.ptp(points, 0)
    if width > _NARROW * height:
        return lines
    top = points[points[:, 1].argmin()]
    down = random.uniform(0.25, 1.0) * height
    begin = top + np.array([-random.uniform(0.3, 0.8) * down, down])
    return [_bowed(begin, top, random.normal((0, 0.05), 0.05) * height), *lines]


def _bowed(begin: Line, end: Line, sag: Line) -> Line:
    """A movement from one point to another, in its middle so far beside the straight one."""
    way = np.linspace(0, 1, 12)[:, np.newaxis]
    return np.asarray(begin + way * (end - begin) + 4 * way * (1 - way) * sag)


def cropped(ink: Ink) -> Ink:
    """What of ink is not empty; a dot where all is."""
    box = bounding_box(ink)
    return ink[box] if box else np.full((2, 2), 255, np.uint8)


def rotation(angle: float) -> NDArray[np.float64]:
    """The matrix (2, 2) that turns points (N, 2) multiplied with it by an angle in radians."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
