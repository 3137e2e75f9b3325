"""Types of the image arrays that the modules of this package exchange, all of shape (height, width)."""

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
"""Brightness, 0 = black, 255 = white."""
Ink = NDArray[np.uint8]
"""Ink, 0 = paper, 255 = full ink."""
Mask = NDArray[np.bool_]
"""The pixels that belong to something."""
Contrast = NDArray[np.float32]
"""Difference to the paper, 0 = paper, 1 = full ink."""
