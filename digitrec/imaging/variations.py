"""Vary a drawing: turn, slant, resize, move, thicken, blur or fade it."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import Ink

_GRAIN = 5  # Side of a grain of noise, in pixels.
_BLUR_SCALE = 4  # From this blur on, the drawing is blurred at a fraction of its size, which looks the same.


class Parameter(NamedTuple):
    """One way to vary a drawing: its range of values, and the neutral one that changes nothing."""

    name: str  # A field of ``Variation``.
    title: str
    unit: str
    low: int
    high: int
    step: int
    neutral: int
    help: str


PARAMETERS = (
    Parameter("rotation", "Rotation", "°", -90, 90, 1, 0, "Rotates the drawing, clockwise if positive."),
    Parameter("slant", "Slant", "°", -45, 45, 1, 0, "Slants the drawing, to the right if positive."),
    Parameter("size", "Size", "%", 20, 160, 1, 100, "Preprocessing scales every digit back to the same size."),
    Parameter("horizontal", "Horizontal position", "%", -50, 50, 1, 0, "Ink that leaves the canvas is cut off."),
    Parameter("vertical", "Vertical position", "%", -50, 50, 1, 0, "Ink that leaves the canvas is cut off."),
    Parameter("stroke", "Stroke width", " px", -16, 24, 1, 0, "Makes strokes thinner or thicker."),
    Parameter("blur", "Blur", " px", 0, 30, 1, 0, "Makes the drawing blurry."),
    Parameter("noise", "Noise", "%", 0, 100, 1, 0, "Grain in the ink, as from a pen running dry."),
    Parameter("contrast", "Contrast", "%", 0, 100, 1, 100, "How strong the ink is. Very faint ink counts as paper."),
)
"""What can be varied, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How a drawing is varied; by default, not at all. The units are those of ``PARAMETERS``."""

    rotation: float = 0
    slant: float = 0
    size: float = 100
    horizontal: float = 0
    vertical: float = 0
    stroke: float = 0
    blur: float = 0
    noise: float = 0
    contrast: float = 100


def vary(ink: Ink, variation: Variation) -> Ink:
    """Apply a variation to ink (height, width) and return it, in an image of the same size."""
    if variation.stroke:
        ink = _change_stroke_width(ink, variation.stroke)
    matrix = _matrix(variation, *ink.shape)
    if not np.array_equal(matrix, np.eye(2, 3)):
        ink = np.asarray(cv2.warpAffine(ink, matrix, ink.shape[::-1]), np.uint8)
    if variation.blur:
        ink = _blur(ink, variation.blur)
    if variation.noise:
        ink = np.asarray(ink * (1 - variation.noise / 100 * _grain(*ink.shape)), np.uint8)
    if variation.contrast != 100:
        ink = np.asarray(ink * (variation.contrast / 100), np.uint8)
    return ink


def _matrix(variation: Variation, height: int, width: int) -> NDArray[np.float64]:
    """Return the affine map (2, 3) of pixels: slant, then size, then rotation about the center, then position."""
    angle, lean, scale = math.radians(variation.rotation), math.tan(math.radians(variation.slant)), variation.size / 100
    cosine, sine = math.cos(angle), math.sin(angle)
    # y points down, so a positive angle turns clockwise.
    linear = scale * np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1, -lean], [0, 1]])
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = center + np.array([variation.horizontal * width, variation.vertical * height]) / 100
    return np.column_stack([linear, moved - linear @ center])


def _change_stroke_width(ink: Ink, change: float) -> Ink:
    side = 2 * round(abs(change) / 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray((cv2.dilate if change > 0 else cv2.erode)(ink, kernel), np.uint8)


def _blur(ink: Ink, deviation: float) -> Ink:
    scale = _BLUR_SCALE if deviation >= _BLUR_SCALE else 1
    size = ink.shape[1] // scale, ink.shape[0] // scale
    small = cv2.GaussianBlur(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), (0, 0), deviation / scale)
    return np.asarray(cv2.resize(small, ink.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


@lru_cache(1)
def _grain(height: int, width: int) -> NDArray[np.float32]:
    """Return how much ink each pixel loses to noise, 0 to 1; always the same."""
    coarse = np.random.default_rng(0).random((-(-height // _GRAIN), -(-width // _GRAIN)), np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
