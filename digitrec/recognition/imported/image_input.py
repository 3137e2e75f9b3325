"""The picture input of an imported network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.normalize import INPUT_SIDE

FREE = -1
"""A dimension of any length."""
MIN_SIDE, MAX_SIDE = 8, 256
_MAX_BATCH = 256
_MAX_BATCH_VALUES = 2**21
"""Most values of a batch, so that networks for large pictures don't take gigabytes."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """The input of a network that takes square pictures, gray or in color."""

    shape: tuple[int, ...]
    """The shape of one picture."""
    batch: int | None
    """The number of pictures in a batch, or None for any number."""
    has_batch: bool
    """Whether the shape of the input starts with the number of pictures."""
    side: int
    channels: int  # 1 or 3
    channel_axis: int  # Of a batch of pictures in color.
    dtype: np.dtype[Any]
    quantization: tuple[float, int]
    """The scale and the zero point of quantized values, or (0, 0) for unquantized ones."""

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

    def batches(self, pictures: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
        """Yield batches of the size that the network takes. If that is fixed, the last one is padded with zeros."""
        size = self.batch_size
        for start in range(0, len(pictures), size):
            batch = pictures[start : start + size]
            if self.batch and len(batch) < size:
                batch = np.concatenate([batch, np.zeros((size - len(batch), *self.shape), self.dtype)])
            yield batch if self.has_batch else batch[0]


def image_input(
    shape: Sequence[int], dtype: np.dtype[Any], quantization: tuple[float, int] = (0.0, 0)
) -> ImageInput | None:
    """Return the picture input of this shape, or None if it doesn't take square pictures.

    Dimensions of any length are ``FREE``.
    """
    if np.dtype(dtype).kind not in "fiu":
        return None
    shape = tuple(shape)
    # A flat picture is the last guess, because nearly every number could be one.
    for is_flat in (False, True):
        for has_batch in (True, False):
            picture = shape[1:] if has_batch else shape
            if not has_batch and shape[:1] == (FREE,):
                continue
            if found := _picture(picture, is_flat):
                filled, side, channels, axis = found
                batch = (None if shape[0] == FREE else shape[0]) if has_batch else 1
                return ImageInput(filled, batch, has_batch, side, channels, axis, np.dtype(dtype), quantization)
    return None


def _picture(shape: tuple[int, ...], is_flat: bool) -> tuple[tuple[int, ...], int, int, int] | None:
    """Return the shape of a picture without free dimensions, its side, its channels and where these are."""
    if len(shape) == 3 and shape[0] == FREE and shape[1] == shape[2]:
        shape = (1, *shape[1:])  # PyTorch's exporter leaves the number of channels free if it is asked to.
    lengths = [length for length in shape if length != 1]
    if is_flat:
        if len(lengths) != 1:
            return None
        side = INPUT_SIDE if lengths == [FREE] else isqrt(lengths[0])
        is_square = side * side == lengths[0] or lengths == [FREE]
        filled = tuple(side * side if length == FREE else length for length in shape)
        return (filled, side, 1, -1) if is_square and MIN_SIDE <= side <= MAX_SIDE else None
    channels, axis = 1, -1
    if len(lengths) == 3 and 3 in (lengths[0], lengths[2]):
        channels, axis = 3, -1 if lengths[2] == 3 else 1
        lengths.pop(axis if axis == -1 else 0)
    if len(lengths) != 2 or lengths[0] != lengths[1]:
        return None
    side = INPUT_SIDE if lengths[0] == FREE else lengths[0]
    filled = tuple(side if length == FREE else length for length in shape)
    return (filled, side, channels, axis) if MIN_SIDE <= side <= MAX_SIDE else None
