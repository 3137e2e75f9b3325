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
_MIN_INK = 0.3  # Pixels with more ink than this belong to the digit that a picture is cropped to.


class Scale(StrEnum):
    """The range of a pixel, from the darkest to the brightest."""

    UNIT = "0 to 1"
    BYTE = "0 to 255"
    SIGNED = "-1 to 1"
    CENTERED = "-0.5 to 0.5"
    STANDARDIZED = "mean 0, standard deviation 1"
    IMAGENET = "mean 0, standard deviation 1 on ImageNet"
    SIXTEEN = "0 to 16"  # As in the digits of 8×8 pixels that come with scikit-learn.
    COLUMNS = "columns of length 1"
    """Each column is divided by its Euclidean length, as ``keras.utils.normalize(images, axis=1)`` does."""

    @classmethod
    def _missing_(cls, value: object) -> "Scale | None":
        # Older cards say "deviation".
        return next((scale for scale in cls if scale.replace("standard ", "") == value), None)


class Colors(StrEnum):
    """The colors of ink and paper. With an alpha channel, everything is opaque except transparent paper."""

    WHITE_ON_BLACK = "white on black"
    BLACK_ON_WHITE = "black on white"
    BLACK_ON_TRANSPARENT = "black on transparent"
    WHITE_ON_TRANSPARENT = "white on transparent"


class Fit(StrEnum):
    """How an image of 28×28 pixels becomes a picture of another size."""

    RESIZED = "resized"  # Stretched if the picture isn't square.
    PADDED = "padded"  # Surrounded by paper.
    LETTERBOXED = "letterboxed"  # Resized without stretching it, and with paper on two sides.
    CROPPED = "cropped"  # Cropped to the digit and resized without stretching it, as for scikit-learn's digits.


class Values(StrEnum):
    """The meaning of the output values."""

    PROBABILITIES = "probabilities"
    SCORES = "scores"  # Each between 0 and 1, but their sum isn't 1.
    LOGITS = "logits"


class Conventions(BaseModel):
    """The pictures that an imported network expects, and the meaning of its outputs."""

    model_config = ConfigDict(frozen=True)

    scale: Scale
    colors: Colors
    fit: Fit
    output: str  # The name of the output with the digits.
    values: Values
    classes: tuple[int, ...]  # The position of each digit, 0 to 9, among the values of the output.
    accuracy: float  # Accuracy on the validation digits that the conventions were chosen on.


def factors_and_offsets(scale: Scale, colors: Colors, channels: int) -> list[tuple[float, float]]:
    """Return the factors and the offsets that turn ink in [0, 1] into the channels of these pixels.

    The columns still have to be divided by their length if they are to have length 1.
    """
    mean = 1 - MNIST_MEAN if colors is Colors.BLACK_ON_WHITE else MNIST_MEAN
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
    # Each pair is a factor for the ink and an offset.
    brightness, alpha = {
        Colors.WHITE_ON_BLACK: ((1, 0), (0, 1)),
        Colors.BLACK_ON_WHITE: ((-1, 1), (0, 1)),
        Colors.BLACK_ON_TRANSPARENT: ((0, 0), (1, 0)),
        Colors.WHITE_ON_TRANSPARENT: ((1, 0), (1, 0)),
    }[colors]
    parts = [*[brightness] * min(channels, 3), *[alpha] * (channels - 3)]
    return [(factor * multiple, factor * addend + offset) for multiple, addend in parts]


def prepare(images: NDArray[np.float32], to: ImageInput, scale: Scale, colors: Colors, fit: Fit) -> NDArray[np.generic]:
    """Return network inputs (N, 28, 28) in [0, 1] as the pictures (N, …) that an imported network expects."""
    ink = _fitted(images, to, fit)
    factors, offsets = np.transpose(factors_and_offsets(scale, colors, to.channels)).astype(np.float32)
    pictures = ink[..., np.newaxis] * factors + offsets
    if scale is Scale.COLUMNS:
        pictures /= np.maximum(np.linalg.norm(pictures, axis=1, keepdims=True), 1e-6)
    return to.quantize(np.moveaxis(pictures, -1, to.channel_axis).reshape(-1, *to.shape))


def interpret(output: NDArray[np.floating], values: Values, classes: tuple[int, ...]) -> ClassifierOutput:
    """Return the probabilities given by the outputs (N, …) of an imported network.

    Of eleven values, the one that isn't of a digit counts as the probability of a scribble. If there are more, all that
    aren't of a digit are ignored.
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
    if scores.shape[1] != len(classes) + 1:
        return ClassifierOutput(probabilities, None)
    is_digit = np.clip(total[:, 0], 0, 1)
    nothing = np.zeros_like(is_digit)
    return ClassifierOutput(probabilities, np.stack([is_digit, nothing, nothing, 1 - is_digit], 1))


def layout(to: ImageInput, fit: Fit) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Return the height and width to which an image is resized, and the rows and columns of paper added around it."""
    height, width = to.height, to.width
    if fit is Fit.PADDED:
        height = width = INPUT_SIDE
    elif fit is Fit.LETTERBOXED:
        height = width = min(height, width)
    return (height, width), [_halves(to.height - height), _halves(to.width - width)]


def _halves(length: int) -> tuple[int, int]:
    return length // 2, length - length // 2


def _fitted(images: NDArray[np.float32], to: ImageInput, fit: Fit) -> NDArray[np.float32]:
    (height, width), margins = layout(to, fit)
    parts = (_cropped(image, height / width) for image in images) if fit is Fit.CROPPED else images
    return np.pad(np.stack([_resized(part, height, width) for part in parts]), [(0, 0), *margins])


def _resized(image: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    if image.shape == (height, width):
        return image
    interpolation = cv2.INTER_AREA if height * width < image.size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.float32)


def _cropped(image: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    """Return the digit in an image (28, 28), with a margin of a pixel and this ratio of height to width."""
    rows, columns = np.nonzero(image > _MIN_INK)
    if not len(rows):
        return image
    digit = np.pad(image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], 1)
    height, width = digit.shape
    missing = max(round(width * ratio) - height, 0), max(round(height / ratio) - width, 0)
    return np.pad(digit, list(map(_halves, missing)))
