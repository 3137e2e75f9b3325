"""The trace of what was done to a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Step:
    """One named step of preprocessing, with what it left behind and why."""

    name: str
    picture: NDArray[np.uint8]  # (height, width) grey or (height, width, 3) colour
    reason: str
