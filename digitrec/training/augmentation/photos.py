"""Simulated photos and scans of handwriting on many kinds of paper in different light."""

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.training.augmentation.strokes import Points, Random, draw

Gray = NDArray[np.floating]  # (height, width), 0 = black, 1 = white


class Paper(StrEnum):
    """The kind of paper, pen or picture that makes a photo hard to read."""

    PLAIN = "plain paper"
    SHADOW = "shadow"
    RULED = "ruled paper"
    GRAPH = "graph paper"
    TABLE = "table lines"
    SHEET_EDGE = "sheet edge"
    SPECKS = "specks and texture"
    PENCIL = "thin pencil"
    MARKER = "thick marker"
    DARK = "light on dark"
    TINY = "tiny and blurry"
    TINY_TABLE = "tiny and blurry, table lines"


def simulate_photo(strokes: list[Points], paper: Paper, random: Random, aspect: float = 1.0) -> NDArray[np.uint8]:
    """Return a simulated grayscale photo (height, width) of strokes on this kind of paper.

    ``aspect`` is the width of the writing divided by its height: the digits of a number are drawn as large as a single
    digit, on wider paper.
    """
    height, width = random.integers(300, 700, 2)
    side = min(height, width)
    ink_width = {
        Paper.PENCIL: random.uniform(0.004, 0.008),
        Paper.MARKER: random.uniform(0.03, 0.06),
    }.get(paper, random.uniform(0.008, 0.025))
    tiny = paper in (Paper.TINY, Paper.TINY_TABLE)
    size = random.uniform(0.35, 0.75) if tiny else random.uniform(0.25, 0.7)
    width = round(width + (aspect - 1) * size * side)
    ink = _draw_on_paper(strokes, (height, width), aspect * size * side, max(2.0, ink_width * side), random)
    if paper is Paper.PENCIL:
        grain = cv2.resize(random.uniform(0.55, 1, (height // 3, width // 3)), (width, height))
        ink = ink * grain.astype(np.float32)

    sheet = _uneven_light(height, width, random, 0.05)
    ink_level = random.uniform(0.4, 0.7) if paper is Paper.PENCIL else random.uniform(0.1, 0.4)
    if paper is Paper.SHADOW:
        sheet = sheet * _shadow(height, width, random)
    if paper in _RULINGS:
        sheet = _RULINGS[paper](sheet, random)
    picture = sheet * (1 - ink * (1 - ink_level))
    if paper is Paper.SHEET_EDGE:
        picture = _add_desk(picture, random)
    if paper is Paper.SPECKS:
        for _ in range(int(random.integers(5, 40))):
            center = (int(random.integers(width)), int(random.integers(height)))
            cv2.circle(picture, center, int(random.integers(1, 3)), float(random.uniform(0.3, 0.7)), -1)
        picture = picture + 0.03 * cv2.GaussianBlur(random.normal(0, 2, (height, width)), (0, 0), 2)
    if paper is Paper.DARK:
        picture = 1.05 - picture

    scale = random.uniform(0.05, 0.12) if tiny else random.uniform(0.4, 1)
    picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 1.5) / min(scale * 2, 1))
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    noisy = picture + random.normal(0, random.uniform(0.003, 0.02), picture.shape)
    gray = np.clip(noisy * 255, 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 96))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", gray, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8)


def _draw_on_paper(strokes: list[Points], shape: tuple[int, int], size: float, brush: float, random: Random) -> Gray:
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = size / max(*(high - low), 1e-6)
    margin = (np.array(shape[::-1]) - (high - low) * scale) / 2 - brush
    center = np.array(shape[::-1]) / 2 + random.uniform(-1, 1, 2) * np.maximum(margin, 0) * 0.6
    ink = np.zeros(shape, np.uint8)
    for stroke in strokes:
        draw(ink, (stroke - (low + high) / 2) * scale + center, brush)
    return ink.astype(np.float32) / 255


def _uneven_light(height: int, width: int, random: Random, strength: float) -> Gray:
    coarse = random.uniform(0.65, 0.95) + random.normal(0, strength, (3, 3))
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0.3, 1).astype(np.float32)


def _shadow(height: int, width: int, random: Random) -> Gray:
    """Return the brightness of a sheet that is half in the soft-edged shadow of a hand or a phone."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    across = (columns - width / 2) * np.cos(angle) + (rows - height / 2) * np.sin(angle)
    edge = random.normal(0, 0.15 * width)
    softness = random.uniform(0.01, 0.1) * width
    depth = random.uniform(0.25, 0.5)
    return np.asarray(1 - depth / (1 + np.exp(-np.clip((across - edge) / softness, -30, 30))), np.float32)


def _add_lines(sheet: Gray, random: Random, gap: float, vertical: bool, level: float, thickness: int) -> Gray:
    height, width = sheet.shape
    slope = np.tan(np.radians(random.normal(0, 1.5)))
    length, breadth = (height, width) if vertical else (width, height)
    canvas = np.zeros((height, width), np.uint8)
    for offset in np.arange(random.uniform(0, gap), breadth + gap, gap):
        far = offset + slope * length
        ends = ((offset, 0), (far, length)) if vertical else ((0, offset), (length, far))
        points = [tuple(round(float(value) * 16) for value in end) for end in ends]
        cv2.line(canvas, points[0], points[1], 255, thickness, cv2.LINE_AA, 4)
    return (sheet * (1 - canvas.astype(np.float32) / 255 * (1 - level))).astype(np.float32)


def _ruled(sheet: Gray, random: Random) -> Gray:
    gap = random.uniform(0.09, 0.2) * min(sheet.shape)
    return _add_lines(sheet, random, gap, False, random.uniform(0.65, 0.88), int(random.integers(1, 3)))


def _graph(sheet: Gray, random: Random) -> Gray:
    gap, level = random.uniform(0.06, 0.15) * min(sheet.shape), random.uniform(0.7, 0.9)
    sheet = _add_lines(sheet, random, gap, False, level, 1)
    return _add_lines(sheet, random, gap, True, level, 1)


def _table(sheet: Gray, random: Random, thickness: int | None = None) -> Gray:
    """Add the dark lines of a printed form, one or two of them near the digit or through it."""
    level, thickness = random.uniform(0.15, 0.5), thickness or int(random.integers(1, 5))
    gap = random.uniform(0.45, 0.9) * min(sheet.shape)
    sheet = _add_lines(sheet, random, gap, False, level, thickness)
    return _add_lines(sheet, random, gap, True, level, thickness) if random.random() < 0.6 else sheet


def _thick_table(sheet: Gray, random: Random) -> Gray:
    return _table(sheet, random, int(random.integers(6, 13)))


_RULINGS: dict[Paper, Callable[[Gray, Random], Gray]] = {
    Paper.RULED: _ruled,
    Paper.GRAPH: _graph,
    Paper.TABLE: _table,
    Paper.TINY_TABLE: _thick_table,
}


def _add_desk(picture: Gray, random: Random) -> Gray:
    """Show a corner of the sheet and the desk beside it."""
    height, width = picture.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    desk = np.zeros((height, width), np.float32)
    for across, length in ((columns, width), (rows, height)):
        edge = random.uniform(0.02, 0.1) * length + random.normal(0, 0.02) * (rows if across is columns else columns)
        inside = across if random.random() < 0.5 else length - across
        desk = np.maximum(desk, np.clip(edge - inside, 0, 1))
    return (picture * (1 - desk) + random.uniform(0.1, 0.45) * desk).astype(np.float32)
