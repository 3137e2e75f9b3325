"""Ten digits drawn by the makers of digitrec, to try the app with."""

import json
from functools import cache
from pathlib import Path

from digitrec.imaging.strokes import Stroke

SIDE = 280
BRUSH = 20


@cache
def samples() -> dict[int, tuple[Stroke, ...]]:
    """The strokes of one drawing for each digit 0 to 9, on a canvas of 280 x 280 pixels."""
    drawn = json.loads(Path(__file__).with_name("samples.json").read_text())
    return {
        sample["digit"]: tuple(Stroke(tuple((x, y) for x, y in points), BRUSH) for points in sample["strokes"])
        for sample in drawn
    }
