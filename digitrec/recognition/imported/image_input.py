"""The picture input of an imported network."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.normalize import INPUT_SIDE

FREE = -1  # A dimension of any length.
MIN_SIDE, MAX_SIDE = 8, 512
_MAX_ELONGATION = 2  # How many times as long one side of a picture may be as the other.
_MAX_FLAT_GRAY_SIDE = 256
"""Larger flat pictures are the pixels of a canvas; smaller ones may be either, as four times a square is a square."""
_COLORS = (3, 4)  # The numbers of channels of pictures in color, without and with an alpha channel.
_MAX_BATCH = 256
_MAX_BATCH_VALUES = 2**21  # Most values of a batch, so that networks for large pictures don't take gigabytes.

_Picture = tuple[tuple[int, ...], int, int, int, int]
"""The fields of an ``ImageInput`` that describe one picture, from ``shape`` to ``channel_axis``."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """The input of a network that takes pictures, gray or in color, with or without an alpha channel."""

    batch: int | None  # The number of pictures in a batch, or None for any number.
    has_batch: bool  # Whether the shape of the input starts with the number of pictures.
    shape: tuple[int, ...]  # The shape of one picture, without free dimensions.
    height: int
    width: int
    channels: int  # 1, 3 or 4
    channel_axis: int  # Of a batch of pictures in color.
    dtype: np.dtype[Any]
    quantization: tuple[float, int]  # The scale and the zero point of quantized values, or (0, 0) for unquantized ones.

    @property
    def takes_fractions(self) -> bool:
        """Whether the pixels may be fractions, and not only whole numbers from 0 to 255."""
        return self.dtype.kind == "f" or self.quantization[0] > 0

    @property
    def batch_size(self) -> int:
        """The number of pictures in a batch: what the network takes, or what fits in a reasonable amount of memory."""
        return self.batch or min(_MAX_BATCH, max(_MAX_BATCH_VALUES // int(np.prod(self.shape)), 1))

    def quantize(self, pictures: NDArray[np.float32]) -> NDArray[np.generic]:
        """Return pictures in the number type that the network takes."""
        if self.dtype.kind == "f":
            return pictures.astype(self.dtype)
        scale, zero_point = self.quantization
        numbers = pictures / scale + zero_point if scale > 0 else pictures
        limits = np.iinfo(self.dtype)
        return np.clip(np.round(numbers), limits.min, limits.max).astype(self.dtype)

    def batch_of(self, pictures: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return at most ``batch_size`` pictures as the network takes them: padded with zeros if that size is fixed."""
        missing = (self.batch or len(pictures)) - len(pictures)
        batch = np.concatenate([pictures, np.zeros((missing, *self.shape), self.dtype)])
        return batch if self.has_batch else batch.reshape(self.shape)


def image_input(
    shape: Sequence[int], dtype: np.dtype[Any], quantization: tuple[float, int] = (0.0, 0)
) -> ImageInput | None:
    """Return the picture input of this shape, or None if it doesn't take pictures.

    Dimensions of any length are ``FREE``.
    """
    if np.dtype(dtype).kind not in "fiu":
        return None
    shape = tuple(shape)
    guesses = []
    # A flat picture is the last guess, because nearly every number could be one.
    for is_flat in (False, True):
        for has_batch in (True, False):
            picture = shape[1:] if has_batch else shape
            if not has_batch and shape[:1] == (FREE,):
                continue
            if found := _flat_picture(picture) if is_flat else _picture(picture):
                batch = (None if shape[0] == FREE else shape[0]) if has_batch else 1
                guesses.append(ImageInput(batch, has_batch, *found, np.dtype(dtype), quantization))
    # A batch of flat pictures looks like one picture, but seldom like one that is nearly square.
    return min(guesses, key=lambda guess: max(guess.height / guess.width, guess.width / guess.height), default=None)


def _picture(shape: tuple[int, ...]) -> _Picture | None:
    """Return the picture of this shape, or None if it isn't one or is flat."""
    if len(shape) == 3 and shape[0] == FREE and shape[2] not in (1, *_COLORS):
        shape = (1, *shape[1:])  # PyTorch's exporter leaves the number of channels free if it is asked to.
    lengths = [length for length in shape if length != 1]
    channels, axis = 1, -1
    if len(lengths) == 3 and lengths[2] in _COLORS:
        channels = lengths.pop()
    elif len(lengths) == 3 and lengths[0] in _COLORS:
        channels, axis = lengths.pop(0), 1
    if len(lengths) != 2:
        return None
    height, width = (INPUT_SIDE if length == FREE else length for length in lengths)
    filled = tuple(INPUT_SIDE if length == FREE else length for length in shape)
    shorter, longer = sorted((height, width))
    is_possible = shorter >= MIN_SIDE and longer <= min(MAX_SIDE, _MAX_ELONGATION * shorter)
    return (filled, height, width, channels, axis) if is_possible else None


def _flat_picture(shape: tuple[int, ...]) -> _Picture | None:
    """Return the flat picture of this shape, which has to be square, or None if it isn't one."""
    filled = tuple(INPUT_SIDE**2 if length == FREE else length for length in shape)
    lengths = [length for length in filled if length != 1]
    if len(lengths) != 1:
        return None
    for channels, largest in ((1, _MAX_FLAT_GRAY_SIDE), (4, MAX_SIDE)):
        side = isqrt(lengths[0] // channels)
        if channels * side**2 == lengths[0] and MIN_SIDE <= side <= largest:
            return filled, side, side, channels, -1
    return None
