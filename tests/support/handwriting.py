"""Small files in the format of the collections in ``handwriting``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

SQUARE = np.array([[0, 0], [1000, 0], [1000, 500]])
TICK = np.array([[0, 400], [300, 500]])


def write_strokes(
    folder: Path, file: str, samples: Sequence[tuple[str, str]], contents: Sequence[str] | None = None
) -> None:
    """Write (label, writer) samples of two strokes each, and possibly what was written in them."""
    path = folder / "handwriting" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    labels, writers = zip(*samples, strict=True)
    points = np.concatenate([SQUARE, TICK] * len(samples)).astype(np.int16)
    starts = np.cumsum([0, *[len(SQUARE), len(TICK)] * len(samples)])
    pointers = {"stroke_ptr": starts, "sample_ptr": 2 * np.arange(len(samples) + 1)}
    more = {} if contents is None else {"sub": np.array(contents)}
    np.savez(path, xy=points, label=np.array(labels), writer=np.array(writers), **pointers, **more)
