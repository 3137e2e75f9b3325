"""The conventions of an imported network: the pictures it expects and the meaning of its outputs."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.imported.image_input import ImageInput

MNIST_MEAN, MNIST_DEVIATION = 0.1307, 0.3081
"""Mean and standard deviation of the pixels of MNIST's training digits, in [0, 1]."""
IMAGENET_MEAN, IMAGENET_DEVIATION = 0.449, 0.226
"""The same for ImageNet's photos, averaged over the three color channels."""
_INK = 0.3
"""The brightness from which a pixel belongs to the digit that a picture is cropped to."""


class Scale(StrEnum):
    """The range of a pixel, from the darkest to the brightest."""

    UNIT = "0 to 1"
    BYTE = "0 to 255"
    SIGNED = "-1 to 1"
    CENTERED = "-0.5 to 0.5"
    STANDARDIZED = "mean 0, standard deviation 1"
    IMAGENET = "mean 0, standard deviation 1 on ImageNet"
    SIXTEEN = "0 to 16"
    """As in the digits of 8×8 pixels that come with scikit-learn."""
    COLUMNS = "columns of length 1"
    """Each column is divided by its Euclidean length, as ``keras.utils.normalize(images, axis=1)`` does."""

    @classmethod
    def _missing_(cls, value: object) -> "Scale | None":
        # Older cards say "deviation".
        return next((scale for scale in cls if scale.replace("standard ", "") == value), None)


class Colors(StrEnum):
    """The colors of ink and paper."""

    WHITE_ON_BLACK = "white on black"
    BLACK_ON_WHITE = "black on white"


class Fit(StrEnum):
    """How a picture of 28×28 pixels becomes one of another size."""

    RESIZED = "resized"
    PADDED = "padded"
    """Surrounded by paper."""
    CROPPED = "cropped"
    """Cropped to a square around the digit and resized, as for scikit-learn's digits."""


class Values(StrEnum):
    """The meaning of the output values."""

    PROBABILITIES = "probabilities"
    SCORES = "scores"
    """Each between 0 and 1, but their sum isn't 1."""
    LOGITS = "logits"


class Conventions(BaseModel):
    """The pictures that an imported network expects, and the meaning of its outputs."""

    model_config = ConfigDict(frozen=True)

    scale: Scale
    colors: Colors
    fit: Fit
    output: str
    """The name of the output with the digits."""
    values: Values
    classes: tuple[int, ...]
    """The position of each digit, 0 to 9, among the values of the output."""
    accuracy: float
    """Accuracy on the validation digits that the conventions were chosen on."""


def factor_and_offset(scale: Scale, colors: Colors) -> tuple[float, float]:
    """Return the factor and the offset that turn brightness in [0, 1], white on black, into these pixels.

    The columns still have to be divided by their length if they are to have length 1.
    """
    is_inverted = colors is Colors.BLACK_ON_WHITE
    mean = 1 - MNIST_MEAN if is_inverted else MNIST_MEAN
    factor, offset = {
        Scale.UNIT: (1.0, 0.0),
        Scale.BYTE: (255.0, 0.0),
        Scale.SIGNED: (2.0, -1.0),
        Scale.CENTERED: (1.0, -0.5),
        Scale.STANDARDIZED: (1 / MNIST_DEVIATION, -mean / MNIST_DEVIATION),
        Scale.IMAGENET: (1 / IMAGENET_DEVIATION, -IMAGENET_MEAN / IMAGENET_DEVIATION),
        Scale.SIXTEEN: (16.0, 0.0),
        Scale.COLUMNS: (1.0, 0.0),
    }[scale]
    return (-factor, offset + factor) if is_inverted else (factor, offset)


def prepare(images: NDArray[np.float32], to: ImageInput, scale: Scale, colors: Colors, fit: Fit) -> NDArray[np.generic]:
    """Return network inputs (N, 28, 28) in [0, 1] as the pictures (N, …) that an imported network expects."""
    factor, offset = factor_and_offset(scale, colors)
    pictures = _fitted(images, to.side, fit) * np.float32(factor) + np.float32(offset)
    if scale is Scale.COLUMNS:
        pictures /= np.maximum(np.linalg.norm(pictures, axis=1, keepdims=True), 1e-6)
    if to.channels > 1:
        pictures = np.repeat(np.expand_dims(pictures, to.channel_axis), to.channels, to.channel_axis)
    return to.quantize(pictures.reshape(-1, *to.shape))


def interpret(output: NDArray[np.floating], values: Values, classes: tuple[int, ...]) -> ClassifierOutput:
    """Return the probabilities given by the outputs (N, …) of an imported network.

    The probability of any class other than the digits counts as that of a scribble.
    """
    scores = output.reshape(len(output), -1).astype(np.float32)
    if values is Values.LOGITS:
        scores = np.exp(scores - scores.max(1, keepdims=True))
    if values is not Values.PROBABILITIES:
        scores = scores / np.maximum(scores.sum(1, keepdims=True), 1e-12)
    digits = scores[:, classes]
    total = digits.sum(1, keepdims=True)
    # If no digit has any probability, all are equally likely.
    probabilities = np.where(total > 0, digits / np.maximum(total, 1e-12), 0.1).astype(np.float32)
    if scores.shape[1] == len(classes):
        return ClassifierOutput(probabilities, None)
    is_digit = np.clip(total[:, 0], 0, 1)
    nothing = np.zeros_like(is_digit)
    return ClassifierOutput(probabilities, np.stack([is_digit, nothing, nothing, 1 - is_digit], 1))


def _fitted(images: NDArray[np.float32], side: int, fit: Fit) -> NDArray[np.float32]:
    if fit is Fit.PADDED:
        before = (side - INPUT_SIDE) // 2
        margins = (before, side - INPUT_SIDE - before)
        return np.pad(images, ((0, 0), margins, margins))
    squares = map(_cropped, images) if fit is Fit.CROPPED else images
    return np.stack([_resized(square, side) for square in squares])


def _resized(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    if len(image) == side:
        return image
    interpolation = cv2.INTER_AREA if side < len(image) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (side, side), interpolation=interpolation), np.float32)


def _cropped(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the square around the digit in an image (28, 28), with a margin of a pixel."""
    rows, columns = np.nonzero(image > _INK)
    if not len(rows):
        return image
    top, left, height, width = rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1
    side = max(height, width) + 2
    square = np.zeros((side, side), np.float32)
    above, before = (side - height) // 2, (side - width) // 2
    square[above : above + height, before : before + width] = image[top : top + height, left : left + width]
    return square
