"""Simulated photos of handwriting on many kinds of paper, and the traces of paper, light and camera in a strip."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.training.augmentation.strokes import Ink, Points, Random, bounds, draw

Gray = NDArray[np.floating]  # (height, width), 0 = black, 1 = white


class Paper(StrEnum):
    """A kind of paper, pen or picture that makes a photo hard to read."""

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
    pencil, marker, pen = random.uniform(0.004, 0.008), random.uniform(0.03, 0.06), random.uniform(0.008, 0.025)
    ink_width = {Paper.PENCIL: pencil, Paper.MARKER: marker}.get(paper, pen)
    tiny = paper in (Paper.TINY, Paper.TINY_TABLE)
    size = random.uniform(0.35, 0.75) if tiny else random.uniform(0.25, 0.7)
    width = round(width + (aspect - 1) * size * side)
    ink = _draw_on_paper(strokes, (height, width), aspect * size * side, max(2.0, ink_width * side), random)
    if paper is Paper.PENCIL:
        grain = cv2.resize(random.uniform(0.55, 1, (height // 3, width // 3)), (width, height))
        ink = ink * grain.astype(np.float32)

    coarse = random.uniform(0.65, 0.95) + random.normal(0, 0.05, (3, 3))
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    sheet: Gray = np.clip(light, 0.3, 1).astype(np.float32)
    ink_level = random.uniform(0.4, 0.7) if paper is Paper.PENCIL else random.uniform(0.1, 0.4)
    if paper is Paper.SHADOW:
        sheet = sheet * _shadow(height, width, random)
    if paper in (Paper.RULED, Paper.GRAPH, Paper.TABLE, Paper.TINY_TABLE):
        sheet = _add_ruling(sheet, paper, random)
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
    return _compress(np.clip(noisy * 255, 0, 255).astype(np.uint8), random)


def write_in_cell(strokes: list[Points], cell: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return the photo of an empty table cell (height, width) with strokes written in it, also with a faint pen."""
    cell = np.asarray(cv2.resize(cell, None, fx=random.uniform(0.55, 1.3), fy=random.uniform(0.7, 1.5)), np.uint8)
    height, width = cell.shape
    size = random.uniform(0.4, 0.85) * min(height, 1.3 * width)
    ink = _draw_on_paper(strokes, (height, width), size, random.uniform(1.3, 5), random)
    ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), random.uniform(0.4, 1)), np.float32)
    paper = float(np.median(cell))
    contrast = random.uniform(18, 60) if random.random() < 0.4 else random.uniform(60, 180)
    written = cell - ink * min(contrast, 0.9 * paper) + random.normal(0, random.uniform(0.3, 3), cell.shape)
    return _compress(np.clip(written, 0, 255).astype(np.uint8), random)


def _compress(gray: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return a picture with the artifacts of JPEG compression."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 96))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", gray, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8)


def _draw_on_paper(strokes: list[Points], shape: tuple[int, int], size: float, brush: float, random: Random) -> Gray:
    low, high = bounds(strokes)
    scale = size / max(*(high - low), 1e-6)
    margin = (np.array(shape[::-1]) - (high - low) * scale) / 2 - brush
    center = np.array(shape[::-1]) / 2 + random.uniform(-1, 1, 2) * np.maximum(margin, 0) * 0.6
    ink = np.zeros(shape, np.uint8)
    for stroke in strokes:
        draw(ink, (stroke - (low + high) / 2) * scale + center, brush)
    return ink.astype(np.float32) / 255


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


def _add_ruling(sheet: Gray, paper: Paper, random: Random) -> Gray:
    """Add the lines of ruled or graph paper, or the dark lines of a printed form, which may go through the writing."""
    if paper is Paper.RULED:
        gap, level, thickness = random.uniform(0.09, 0.2), random.uniform(0.65, 0.88), int(random.integers(1, 3))
    elif paper is Paper.GRAPH:
        gap, level, thickness = random.uniform(0.06, 0.15), random.uniform(0.7, 0.9), 1
    elif paper is Paper.TABLE:
        level, thickness, gap = random.uniform(0.15, 0.5), int(random.integers(1, 5)), random.uniform(0.45, 0.9)
    else:
        thickness, level, gap = int(random.integers(6, 13)), random.uniform(0.15, 0.5), random.uniform(0.45, 0.9)
    gap *= min(sheet.shape)
    sheet = _add_lines(sheet, random, gap, False, level, thickness)
    if paper is Paper.GRAPH or (paper is not Paper.RULED and random.random() < 0.6):
        sheet = _add_lines(sheet, random, gap, True, level, thickness)
    return sheet


def _add_desk(picture: Gray, random: Random) -> Gray:
    """Show the desk next to a corner of the sheet."""
    height, width = picture.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    desk = np.zeros((height, width), np.float32)
    for across, length in ((columns, width), (rows, height)):
        edge = random.uniform(0.02, 0.1) * length + random.normal(0, 0.02) * (rows if across is columns else columns)
        inside = across if random.random() < 0.5 else length - across
        desk = np.maximum(desk, np.clip(edge - inside, 0, 1))
    return (picture * (1 - desk) + random.uniform(0.1, 0.45) * desk).astype(np.float32)


def blank_paper(random: Random) -> NDArray[np.uint8]:
    """Return a grayscale photo (240, 320) of blank paper: only uneven light and noise."""
    height, width = 240, 320
    light = cv2.resize(random.uniform(-1, 1, (3, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    texture = cv2.GaussianBlur(random.normal(0, 1, (height, width)), (0, 0), random.uniform(0.5, 3))
    noise = random.normal(0, random.uniform(0.5, 4), (height, width))
    sheet = random.uniform(120, 230) + 40 * light + random.uniform(0, 6) * texture / texture.std() + noise
    return np.asarray(np.clip(sheet, 0, 255), np.uint8)


def add_stray_marks(ink: Ink, random: Random) -> Ink:
    """Return a line of ink with a stray mark: an underline, a vertical edge, specks, or a part cut off."""
    height, width = ink.shape
    pad = round(0.3 * height)
    ink = np.asarray(cv2.copyMakeBorder(ink, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0), np.uint8)
    chance = random.random()
    if chance < 0.5:
        # A printed line, with gaps where preprocessing removed it.
        row = int(random.choice((pad - 4, pad + height + 4))) + round(random.normal(0, 0.12) * height)
        thickness = int(random.integers(1, 5))
        line = np.zeros_like(ink)
        rise = round(random.normal(0, 0.03) * width)
        cv2.line(line, (0, row), (ink.shape[1], row + rise), int(random.integers(90, 256)), thickness, cv2.LINE_AA)
        if random.random() < 0.5:
            blocks = random.random(max(2, ink.shape[1] // 6)) < random.uniform(0.2, 0.8)
            line = line * np.repeat(blocks, 6 + 1)[: ink.shape[1]] if len(blocks) * 7 >= ink.shape[1] else line
        return np.maximum(ink, line).astype(np.uint8)
    if chance < 0.75:
        # The edge of the picture cuts off the top or the bottom.
        cut = round(random.uniform(0, 0.14) * height)
        return ink[pad + cut :] if random.random() < 0.5 else ink[: pad + height - cut]
    if chance < 0.9:
        column = int(random.choice((pad // 2, pad + width + pad // 2)))
        cv2.line(ink, (column, 0), (column + round(random.normal(0, 3)), ink.shape[0]), 200, int(random.integers(1, 4)))
        return ink
    for _ in range(int(random.integers(1, 6))):
        center = int(random.integers(ink.shape[1])), int(random.integers(ink.shape[0]))
        cv2.circle(ink, center, int(random.integers(1, 3)), int(random.integers(60, 256)), -1)
    return ink


def add_paper_noise(strip: Gray, random: Random) -> Gray:
    """Return a strip that looks like one from a photo or a scan: blurred, uneven, grainy, on patterned paper."""
    height, width = strip.shape
    if random.random() < 0.5:
        strip = np.asarray(cv2.GaussianBlur(strip, (0, 0), random.uniform(0.4, 1.1)), np.float32)
    if random.random() < 0.4:
        grain = random.uniform(random.uniform(0.25, 0.9), 1, (6, max(2, width // 6))).astype(np.float32)
        strip = strip * cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
    background = np.zeros_like(strip)
    for _ in range(int(random.choice((0, 1, 2), p=(0.35, 0.45, 0.2)))):
        background = np.maximum(background, _pattern(height, width, random))
    if random.random() < 0.3:
        texture = cv2.GaussianBlur(random.normal(0, 1, strip.shape).astype(np.float32), (0, 0), random.uniform(0.7, 3))
        background = background + random.uniform(0.02, 0.2) * texture / max(float(texture.std()), 1e-6)
    strip = strip + background * (1 - strip) if random.random() < 0.7 else np.maximum(strip, background)
    if random.random() < 0.5:
        strip = strip + random.normal(0, random.uniform(0.01, 0.1), strip.shape).astype(np.float32)
    peak = float(np.percentile(strip, 97))
    if random.random() < 0.3 and peak > 0.2:
        strip = strip * (random.uniform(0.6, 1.3) / peak)
    return np.clip(strip, 0, 1).astype(np.float32)


def _pattern(height: int, width: int, random: Random) -> Gray:
    """Return lines, waves or dots like those printed on bank checks and graph paper."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    period, angle = random.uniform(2.5, 9), random.uniform(0, np.pi)
    if random.random() < 0.5:
        angle = random.choice((0.0, np.pi / 2)) + random.normal(0, 0.15)
    across = columns * np.cos(angle) + rows * np.sin(angle)
    along = rows * np.cos(angle) - columns * np.sin(angle)
    across = across + random.uniform(0, 3) * np.sin(along * random.uniform(0.05, 0.5) + random.uniform(0, 6))
    sharpness = random.uniform(0.5, 4)
    wave = (0.5 + 0.5 * np.cos(across * (2 * np.pi / period) + random.uniform(0, 6))) ** sharpness
    kind = random.random()
    if kind < 0.25:
        wave = np.maximum(wave, (0.5 + 0.5 * np.cos(along * (2 * np.pi / period))) ** sharpness)
    elif kind < 0.4:
        wave = wave * (0.5 + 0.5 * np.cos(along * (2 * np.pi / period))) ** sharpness
    return np.asarray(wave * random.uniform(0.05, 0.6) * random.uniform(0.4, 1), np.float32)
