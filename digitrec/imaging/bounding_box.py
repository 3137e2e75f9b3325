"""Where the ink is."""

import numpy as np
from numpy.typing import NDArray


def bounding_box(ink: NDArray[np.generic]) -> tuple[slice, slice] | None:
    """The rows and columns that just hold all ink, or None where there is none."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
