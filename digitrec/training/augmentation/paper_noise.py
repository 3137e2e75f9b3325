"""The traces of paper, light and camera that preprocessing leaves in a line and its strip."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.training.augmentation.strokes import Ink, Random

Picture = NDArray[np.float32]  # (height, width) in [0, 1]


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


def add_paper_noise(strip: Picture, random: Random) -> Picture:
    """Return a strip as it comes from a photo or a scan: blurred, uneven, grainy, on patterned paper."""
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


def _pattern(height: int, width: int, random: Random) -> Picture:
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
