"""Augment scanned digits, and degrade ink the way scanners, cameras and small files do."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.training.augmentation.strokes import Ink, Random, rotation

_SIDE = 72
_CENTER = 13.5  # The middle of a scan of 28 pixels.


def augment_scan(scan: Ink, random: Random) -> Ink:
    """Return the ink (72, 72) of a scanned digit (28, 28) after a random affine and elastic change, thicker or thinner.

    The elastic deformation follows Simard, Steinkraus and Platt (2003), with a coarse grid of displacements.
    """
    angle, slant = np.radians(random.normal(0, 6)), np.tan(np.radians(random.uniform(-20, 20)))
    stretch = np.exp(random.normal(0, 0.1))
    inverse = np.array([[stretch, 0], [slant, 1 / stretch]]) @ rotation(angle) * (28 / _SIDE * 1.15)
    ink = warp(scan, _SIDE, inverse.T, random.uniform(0, 1.2), random)
    if random.random() < 0.4:
        ink = change_pressure(ink, thicker=random.random() < 0.5)
    return ink


def warp(scan: Ink, side: int, inverse: NDArray[np.float64], strength: float, random: Random) -> Ink:
    """Return a scan (28, 28) as an image (side, side), warped by a matrix and by random displacements.

    ``inverse`` (2, 2) maps positions of the new image to positions of the scan, both measured from the middle;
    ``strength`` is the standard deviation of the displacements in pixels of the scan.
    """
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    columns, rows = np.meshgrid(axis, axis)
    coarse = random.normal(0, strength, (5, 5, 2)).astype(np.float32)
    shifts = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    x = (columns * inverse[0, 0] + rows * inverse[0, 1] + _CENTER + shifts[..., 0]).astype(np.float32)
    y = (columns * inverse[1, 0] + rows * inverse[1, 1] + _CENTER + shifts[..., 1]).astype(np.float32)
    return np.asarray(cv2.remap(scan, x, y, cv2.INTER_CUBIC), np.uint8)


def change_pressure(ink: Ink, *, thicker: bool) -> Ink:
    """Return the ink with strokes two pixels thicker or thinner, unless they would vanish."""
    changed = (cv2.dilate if thicker else cv2.erode)(ink, np.ones((3, 3), np.uint8))
    return np.asarray(changed if changed.max() > 128 else ink, np.uint8)


def degrade(ink: Ink, random: Random) -> Ink:
    """Return ink as a scanner, a camera or a small file would show it: smaller, blurred, grainy, faint or crossed."""
    if random.random() < 0.06:
        ink = _add_ruling(ink, random)
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
        if random.random() < 0.5:
            ink = np.where(ink > threshold, np.uint8(255), np.uint8(0))
        else:
            ink = np.where(ink > threshold / 2, ink, 0).astype(np.uint8)
    peak = float(ink.max())
    return (ink * (random.uniform(0.7, 1) * 255 / peak)).astype(np.uint8) if peak else ink


def _add_ruling(ink: Ink, random: Random) -> Ink:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return ink
    crossed = ink.copy()
    thickness, level = int(random.integers(1, 3)), int(random.integers(80, 256))
    if random.random() < 0.5:
        row = int(random.integers(rows[0], rows[-1] + 1))
        crossed[row : row + thickness, columns[0] : columns[-1] + 1] = level
    else:
        column = int(random.integers(columns[0], columns[-1] + 1))
        crossed[rows[0] : rows[-1] + 1, column : column + thickness] = level
    return np.maximum(crossed, ink)
