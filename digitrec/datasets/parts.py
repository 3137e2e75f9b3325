"""The split of writers and images into training, validation and held-out parts, fixed before the first training."""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Part(StrEnum):
    """What a writer or an image is used for."""

    TRAINING = "training"
    VALIDATION = "validation"  # Used to choose temperatures, thresholds and recipes.
    HELD_OUT = "held out"  # Only used to evaluate finished models.


_SHARES = 7  # One writer in seven is held out, and another is used for validation.


def parts_by_writer(writers: Iterable[str]) -> dict[str, Part]:
    """Return the part of each writer: of every seven sorted by name, the seventh is held out, the fourth validates."""
    return {
        writer: {6: Part.HELD_OUT, 3: Part.VALIDATION}.get(position % _SHARES, Part.TRAINING)
        for position, writer in enumerate(sorted(set(writers)))
    }


def in_part(index: NDArray[np.integer], count: NDArray[np.integer] | int, part: Part) -> NDArray[np.bool_]:
    """Return which images (N,) belong to a part by their index among ``count``: the last seventh is held out.

    The fourth seventh is for validation. Neighbors are often by the same writer, so ranges keep writers apart, unlike a
    random split.
    """
    seventh = index * _SHARES // count
    held_out, validation = seventh == _SHARES - 1, seventh == _SHARES // 2
    chosen = {Part.HELD_OUT: held_out, Part.VALIDATION: validation, Part.TRAINING: ~(held_out | validation)}
    return np.asarray(chosen[part])
