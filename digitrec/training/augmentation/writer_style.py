"""The style that all digits of a handwritten line share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.arrays import bounding_box
from digitrec.training.augmentation.scans import change_pressure, warp
from digitrec.training.augmentation.strokes import (
    Ink,
    Points,
    Random,
    arc,
    bounds,
    crop,
    draw,
    draw_tightly,
    rotation,
    thin_out,
    wobble,
)

DIGIT_HEIGHT = 34  # Approximate height of a digit in pixels.
_CONNECTED_SHARE = 0.25
_LONGEST_CONNECTION = 0.8


@dataclass(frozen=True, slots=True)
class WriterStyle:
    """The slant, brush and steadiness of one writer, shared by all digits of a line."""

    transform: NDArray[np.float64]
    brush: float
    point_step: int
    wobble_frequency: NDArray[np.float64]
    wobble: float
    pressure: int
    connection_rate: float  # How often the pen stays down between two digits, 0 to 1.

    @classmethod
    def sample(cls, random: Random) -> "WriterStyle":
        """Return a random style."""
        slant = np.tan(np.radians(random.uniform(-22, 38) if random.random() < 0.5 else random.normal(5, 8)))
        stretch = np.exp(random.normal(0, 0.15))
        return cls(
            transform=np.array([[stretch, 0], [-slant, 1 / stretch]]) @ rotation(np.radians(random.normal(0, 3))),
            brush=float(np.exp(random.uniform(np.log(0.03), np.log(0.22)))),
            point_step=int(random.integers(2, 5)) if random.random() < 0.25 else 1,
            wobble_frequency=random.uniform(1, 8, 2),
            wobble=float(random.exponential(0.015)),
            pressure=int(random.choice((-1, 0, 0, 0, 1))),
            connection_rate=random.uniform(0.3, 1) if random.random() < _CONNECTED_SHARE else 0.0,
        )

    def draw_strokes(self, strokes: list[Points], random: Random, size: float) -> tuple[Ink, Points]:
        """Draw strokes in this style, about ``size`` pixels high.

        Returns the cropped ink, and the points in it where the pen first touched down and finally lifted (2, 2).
        """
        transform = self.transform @ np.array([[1 + random.normal(0, 0.04), 0], [random.normal(0, 0.05), 1]])
        low, high = bounds(strokes)
        middle, extent = (low + high) / 2, max(*(high - low), 1e-6)
        phase = random.uniform(0, 2 * np.pi, 2)
        centered = [(thin_out(stroke, self.point_step) - middle) / extent @ transform for stroke in strokes]
        moved = [wobble(stroke, self.wobble, self.wobble_frequency, phase) for stroke in centered]
        low, high = bounds(moved)
        brush = self.brush * size
        scale = max(size - brush, 2.0) / max(high[1] - low[1], 0.45 * (high[0] - low[0]), 0.05)
        ink = draw_tightly(moved, scale, brush)
        rows, columns = bounding_box(ink) or (slice(0, None), slice(0, None))
        ends = (np.array([moved[0][0], moved[-1][-1]]) - low) * scale + brush / 2 + 1
        return ink[rows, columns], ends - (columns.start, rows.start)

    def connect(self, ink: Ink, end: Points, start: Points, random: Random) -> None:
        """At random, draw the pen's path from the end of one digit to the start of the next if that is near."""
        if np.hypot(*(start - end)) < _LONGEST_CONNECTION * DIGIT_HEIGHT and random.random() < self.connection_rate:
            sag = np.array([0, random.normal(0.1, 0.1) * DIGIT_HEIGHT])
            draw(ink, arc(end, start, sag), self.brush * DIGIT_HEIGHT)

    def augment_scan(self, scan: Ink, random: Random, size: float) -> Ink:
        """Return the cropped ink of a scanned digit (28, 28) in this style; 20 of its rows become ``size`` pixels."""
        inverse = np.linalg.inv(self.transform.T) * (20 / size)
        # Scanned digits already have a slant of their own.
        inverse = 0.5 * inverse + 0.5 * np.eye(2) * (20 / size)
        ink = warp(scan, int(size * 1.75), inverse, random.uniform(0, 1.0), random)
        return crop(change_pressure(ink, thicker=self.pressure > 0) if self.pressure else ink)
