"""Negative examples: letters, scribbles, shapes and several digits at once, which a model learns to reject."""

import string
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from HersheyFonts import HersheyFonts
from numpy.typing import NDArray

from digitrec.datasets.handwriting import LOOK_LIKE_DIGITS
from digitrec.training.augmentation.strokes import Points, Random, bounds, rotation

_LETTERS = [letter for letter in string.ascii_uppercase + string.ascii_lowercase if letter not in LOOK_LIKE_DIGITS]

_FONTS = ("futural", "futuram", "rowmans", "rowmand", "timesr", "timesi", "scriptc", "cursive")
_HELD_OUT_FONT = "gothicita"  # A blackletter font, used to evaluate models and never to train them.


class Negatives:
    """Generates the strokes of things that are not a digit.

    Letters come from the Hershey fonts (A. V. Hershey, 1967), which consist of strokes. With ``held_out``, the
    examples are of kinds that training never sees: letters of another font; stars, hearts and spirals; four digits in
    two rows.
    """

    def __init__(self, digits: Sequence[list[Points]], *, held_out: bool = False) -> None:
        self._digits = digits
        self._held_out = held_out
        self.fonts = (_HELD_OUT_FONT,) if held_out else _FONTS
        self.scribbles = _HELD_OUT_SCRIBBLES if held_out else _SCRIBBLES

    def letter(self, random: Random) -> list[Points]:
        """Return the strokes of a random letter."""
        alphabet = _alphabet(self.fonts[random.integers(len(self.fonts))])
        return alphabet[random.integers(len(alphabet))]

    def scribble(self, random: Random) -> list[Points]:
        """Return the strokes of a random scribble or shape."""
        return self.scribbles[random.integers(len(self.scribbles))](random)

    def several_digits(self, random: Random) -> list[Points]:
        """Return the strokes of two or three digits in a row, column or diagonal; held out, of four in two rows."""
        if self._held_out:
            first, second = (self._row(2, np.array([1.0, 0.0]), random) for _ in range(2))
            return first + [stroke + np.array([0, random.uniform(1.3, 1.7)]) for stroke in second]
        count = int(random.choice((2, 3), p=(0.75, 0.25)))
        directions = np.array([[1, 0], [0, 1], [0.7, 0.7], [0.7, -0.7]])
        return self._row(count, directions[random.choice(4, p=(0.7, 0.2, 0.05, 0.05))], random)

    def _row(self, count: int, direction: NDArray[np.float64], random: Random) -> list[Points]:
        strokes: list[Points] = []
        place = np.zeros(2)
        for _ in range(count):
            digit = self._digits[int(random.integers(len(self._digits)))]
            low, high = bounds(digit)
            size = random.uniform(0.8, 1.2) / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-6)
            strokes += [(stroke - low) * size + place + random.normal(0, 0.05, 2) for stroke in digit]
            place = place + direction * ((high - low) * size + random.uniform(0.02, 0.5))
        return strokes


@cache
def _alphabet(font: str) -> list[list[Points]]:
    fonts = HersheyFonts()
    fonts.load_default_font(font)
    return [[_resample(np.array(stroke, float)) for stroke in fonts.strokes_for_text(letter)] for letter in _LETTERS]


def _resample(stroke: Points) -> Points:
    """Return the stroke with points at most one unit apart."""
    steps = np.maximum(1, np.ceil(np.abs(np.diff(stroke, axis=0)).max(1))).astype(int)
    parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(stroke[:-1], stroke[1:], steps, strict=True)]
    return np.concatenate([*parts, stroke[-1:]])


def _polylines(*strokes: Points) -> list[Points]:
    """Return strokes through these corners, enlarged to about 40 units so that ``_resample`` gives them many points."""
    return [_resample(corners * 20) for corners in strokes]


def _close(corners: Points) -> Points:
    return np.concatenate([corners, corners[:1]])


def _circle(count: int, start: float = 0.0) -> Points:
    """Return points spread evenly on the unit circle."""
    angle = start + np.arange(count) * 2 * np.pi / count
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def _random_walk(random: Random) -> list[Points]:
    heading = random.normal(0, random.uniform(0.15, 0.9), int(random.integers(60, 220))).cumsum()
    if random.random() < 0.5:
        heading += np.arange(len(heading)) * random.normal(0, 0.15)
    return [np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), 0)]


def _tangle(random: Random) -> list[Points]:
    time = np.linspace(0, 1, 160)[:, np.newaxis]
    waves = [random.normal(0, 1, 2) * np.sin(2 * np.pi * (k * time + random.random(2))) for k in range(1, 7)]
    return [np.sum(waves, 0)]


def _zigzag(random: Random) -> list[Points]:
    count = int(random.integers(4, 25))
    x = np.arange(count) * random.uniform(0.08, 0.3)
    x, y = x + random.normal(0, 0.03, count), np.arange(count) % 2 + random.normal(0, 0.1, count)
    return _polylines(np.stack([x, y], 1))


def _straight_lines(random: Random) -> list[Points]:
    return [_resample(ends) for ends in random.uniform(-20, 20, (int(random.integers(4, 9)), 2, 2))]


def _polygon(random: Random) -> list[Points]:
    corners = _circle(int(random.integers(3, 5)), random.uniform(0, 2 * np.pi)) * random.uniform(0.6, 1, 2)
    return _polylines(_close(corners + random.normal(0, 0.06, corners.shape)))


def _square_with_diagonals(random: Random) -> list[Points]:
    corners = _circle(4, np.pi / 4)
    diagonals = [corners[[k, k + 2]] for k in range(int(random.integers(1, 3)))]
    return _polylines(_close(corners), *diagonals)


def _cross(random: Random) -> list[Points]:
    ends = _circle(4, random.choice((0, np.pi / 4))) * random.uniform(0.7, 1, (4, 1))
    return _polylines(ends[[0, 2]], ends[[1, 3]])


def _arrow(random: Random) -> list[Points]:
    length = random.uniform(1.2, 3)
    head = np.array([[length - 0.6, 0.5], [length, 0], [length - 0.6, -0.5]])
    turn = rotation(random.uniform(0, 2 * np.pi))
    return _polylines(np.array([[0, 0], [length, 0]]) @ turn, head @ turn)


def _grid(random: Random) -> list[Points]:
    ticks = np.linspace(-1, 1, int(random.integers(2, 5)))
    strokes = [((-1, y), (1, y)) for y in ticks] + [((x, -1), (x, 1)) for x in ticks]
    return [_resample(np.array(stroke) * 20 + random.normal(0, 0.6, (2, 2))) for stroke in strokes]


def _face(random: Random) -> list[Points]:
    mouth = _circle(40)[2:19] * (0.5, 0.4 * random.choice((-1, 1)))
    eyes = np.array([[-0.35, -0.35], [0.35, -0.35]])
    return [_circle(60) * 20, mouth * 20, *(_circle(8) * 1.5 + eye * 20 for eye in eyes)]


def _dots(random: Random) -> list[Points]:
    count = int(np.exp(random.uniform(0, np.log(40))))
    return [place + _circle(8) * 0.5 for place in random.uniform(-14, 14, (count, 2))]


def _wave(random: Random) -> list[Points]:
    x = np.linspace(0, random.uniform(1.5, 8), 200)
    return [np.stack([x * 20, 20 * random.uniform(0.15, 0.6) * np.sin(2 * np.pi * x)], 1)]


def _dented_outline(random: Random) -> list[Points]:
    # Without the dents, it would be a 0.
    angle = np.linspace(0, 2 * np.pi, 120)
    dents = int(random.integers(2, 7))
    radius = 1 + random.uniform(0.3, 0.6) * np.cos(dents * angle + random.uniform(0, 2 * np.pi))
    radius += 0.15 * random.normal() * np.cos(angle + random.uniform(0, 2 * np.pi))
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle) * random.uniform(0.6, 1)], 1) * 20]


def _jagged_polygon(random: Random) -> list[Points]:
    corners = _circle(int(random.integers(5, 10)), random.uniform(0, 2 * np.pi))
    return _polylines(_close(corners * random.uniform(0.25, 1, (len(corners), 1))))


def _arcs(random: Random) -> list[Points]:
    strokes: list[Points] = []
    for _ in range(int(random.integers(3, 7))):
        angle = np.linspace(0, random.uniform(0.1, 1.6) * np.pi, 30) + random.uniform(0, 2 * np.pi)
        arc = np.stack([np.cos(angle), np.sin(angle)], 1) * random.uniform(0.2, 1, 2)
        strokes.append((arc + random.uniform(-0.8, 0.8, 2)) * 20)
    return strokes


def _star(random: Random) -> list[Points]:
    points = int(random.integers(5, 8))
    outline = np.stack([_circle(points, -np.pi / 2), _circle(points, -np.pi / 2 + np.pi / points) * 0.45], 1)
    return _polylines(_close(outline.reshape(-1, 2) + random.normal(0, 0.03, (2 * points, 2))))


def _heart(random: Random) -> list[Points]:
    angle = np.linspace(0, 2 * np.pi, 80)
    x = 16 * np.sin(angle) ** 3
    y = -(13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle))
    return [np.stack([x * random.uniform(0.8, 1.2), y], 1)]


def _spiral(random: Random) -> list[Points]:
    turns = random.uniform(2.5, 5)
    angle = np.linspace(0, 2 * np.pi * turns, 200) * random.choice((-1, 1))
    return [np.stack([angle * np.cos(angle), angle * np.sin(angle)], 1)]


_Shape = Callable[[Random], list[Points]]
_SCRIBBLES: tuple[_Shape, ...] = (
    _random_walk, _random_walk, _tangle, _tangle, _zigzag, _straight_lines, _polygon, _square_with_diagonals, _cross,
    _arrow, _grid, _face, _dots, _wave, _dented_outline, _dented_outline, _jagged_polygon, _jagged_polygon,
    _arcs, _arcs,
)  # fmt: skip
_HELD_OUT_SCRIBBLES: tuple[_Shape, ...] = (_star, _heart, _spiral)
