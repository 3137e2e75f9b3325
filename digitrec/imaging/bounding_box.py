"""The bounding box of ink."""

import numpy as np
from numpy.typing import NDArray


def bounding_box(ink: NDArray[np.generic]) -> tuple[slice, slice] | None:
    """Return the smallest rows and columns that contain all ink, or None if there is no ink."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
