"""What is no digit: letters, scribbles and shapes, and several digits at once."""

from collections.abc import Callable, Sequence
from functools import cache

import cv2
import numpy as np
from HersheyFonts import HersheyFonts
from numpy.typing import NDArray

from digitrec.training.augmentation.strokes import Line, Random, rotation

_LOOK_LIKE_DIGITS = "OoQDIlijJSsZzBbqgG"
"""Letters that many hands write as they write a digit: nobody could tell."""

_LETTERS = [chr(code) for code in (*range(65, 91), *range(97, 123)) if chr(code) not in _LOOK_LIKE_DIGITS]

_FONTS = ("futural", "futuram", "rowmans", "rowmand", "timesr", "timesi", "scriptc", "cursive")
_HELD_OUT_FONT = "gothicita"
"""A blackletter hand: letters in it are measured, never trained on."""


class Negatives:
    """Draws things that are no digit, as pen movements.

    Letters come from the Hershey fonts (A. V. Hershey, 1967), which are made of strokes. ``held_out`` draws kinds
    that training never sees: letters of another font, stars, hearts and spirals, four digits in two rows.
    """

    def __init__(self, digits: Sequence[list[Line]], *, held_out: bool = False) -> None:
        self._digits = digits
        self._held_out = held_out
        self.fonts = (_HELD_OUT_FONT,) if held_out else _FONTS
        self._alphabets = [_alphabet(font) for font in self.fonts]
        self.scribbles = _HELD_OUT_SCRIBBLES if held_out else _SCRIBBLES

    def letter(self, random: Random) -> list[Line]:
        """The lines of one letter."""
        alphabet = self._alphabets[random.integers(len(self._alphabets))]
        return alphabet[random.integers(len(alphabet))]

    def scribble(self, random: Random) -> list[Line]:
        """The lines of one scribble or shape."""
        return self.scribbles[random.integers(len(self.scribbles))](random)

    def several_digits(self, random: Random) -> list[Line]:
        """The lines of two or three digits beside, above or aslant of each other; held out, of four in two rows."""
        if self._held_out:
            rows = [self._row(2, np.array([1.0, 0.0]), random) for _ in range(2)]
            return rows[0] + [line + np.array([0, random.uniform(1.3, 1.7)]) for line in rows[1]]
        directions = np.array([[1, 0], [0, 1], [0.7, 0.7], [0.7, -0.7]])
        return self._row(
            int(random.choice((2, 3), p=(0.75, 0.25))), directions[random.choice(4, p=(0.7, 0.2, 0.05, 0.05))], random
        )

    def _row(self, count: int, direction: NDArray[np.float64], random: Random) -> list[Line]:
        lines: list[Line] = []
        place = np.zeros(2)
        for _ in range(count):
            digit = self._digits[int(random.integers(len(self._digits)))]
            points = np.concatenate(digit)
            low, high = points.min(0), points.max(0)
            size = random.uniform(0.8, 1.2) / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-6)
            lines += [(line - low) * size + place + random.normal(0, 0.05, 2) for line in digit]
            place = place + direction * ((high - low) * size + random.uniform(0.02, 0.5))
        return lines


@cache
def _alphabet(font: str) -> list[list[Line]]:
    fonts = HersheyFonts()
    fonts.load_default_font(font)
    return [[_dense(np.array(stroke, float)) for stroke in fonts.strokes_for_text(letter)] for letter in _LETTERS]


def _dense(line: Line) -> Line:
    if len(line) == 1:
        return line
    steps = np.maximum(1, np.ceil(np.abs(np.diff(line, axis=0)).max(1))).astype(int)
    parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(line[:-1], line[1:], steps, strict=True)]
    return np.concatenate([*parts, line[-1:]])


def _closed(corners: Line) -> Line:
    return _dense(np.concatenate([corners, corners[:1]]) * 20)


def _around(count: int, start: float = 0.0) -> Line:
    angle = start + np.arange(count) * 2 * np.pi / count
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def _wander(random: Random) -> list[Line]:
    """A pen that goes where it likes."""
    turns = random.normal(0, random.uniform(0.15, 0.9), int(random.integers(60, 220))).cumsum()
    if random.random() < 0.5:
        turns += np.arange(len(turns)) * random.normal(0, 0.15)
    return [np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1), 0)]


def _tangle(random: Random) -> list[Line]:
    """A smooth curve through many random points."""
    time = np.linspace(0, 1, 160)[:, np.newaxis]
    waves = [random.normal(0, 1, 2) * np.sin(2 * np.pi * (k * time + random.random(2))) for k in range(1, 7)]
    return [np.sum(waves, 0)]


def _hatching(random: Random) -> list[Line]:
    count = int(random.integers(4, 14))
    x = np.arange(count) * random.uniform(0.15, 0.3)
    zigzag = np.stack([x + random.normal(0, 0.03, count), np.arange(count) % 2 + random.normal(0, 0.1, count)], 1)
    return [_dense(zigzag * 20)]


def _several_strokes(random: Random) -> list[Line]:
    ends = random.uniform(-20, 20, (int(random.integers(4, 9)), 2, 2))
    return [_dense(line) for line in ends]


def _polygon(random: Random) -> list[Line]:
    corners = _around(int(random.integers(3, 5)), random.uniform(0, 2 * np.pi)) * random.uniform(0.6, 1, 2)
    return [_closed(corners + random.normal(0, 0.06, corners.shape))]


def _crossed_polygon(random: Random) -> list[Line]:
    corners = _around(4, np.pi / 4)
    return [_closed(corners), *(_dense(corners[[k, k + 2]] * 20) for k in range(int(random.integers(1, 3))))]


def _cross(random: Random) -> list[Line]:
    ends = _around(4, random.choice((0, np.pi / 4))) * random.uniform(0.7, 1, (4, 1))
    return [_dense(ends[[0, 2]] * 20), _dense(ends[[1, 3]] * 20)]


def _arrow(random: Random) -> list[Line]:
    length = random.uniform(1.2, 3)
    head = np.array([[length - 0.6, 0.5], [length, 0], [length - 0.6, -0.5]])
    turn = rotation(random.uniform(0, 2 * np.pi))
    return [_dense(np.array([[0, 0], [length, 0]]) @ turn * 20), _dense(head @ turn * 20)]


def _grid(random: Random) -> list[Line]:
    at = np.linspace(-1, 1, int(random.integers(2, 5)))
    lines = [((-1, y), (1, y)) for y in at] + [((x, -1), (x, 1)) for x in at]
    return [_dense(np.array(line) * 20 + random.normal(0, 0.6, (2, 2))) for line in lines]


def _face(random: Random) -> list[Line]:
    mouth = _around(40)[2:19] * (0.5, 0.4 * random.choice((-1, 1)))
    eyes = np.array([[-0.35, -0.35], [0.35, -0.35]])
    return [_around(60) * 20, mouth * 20, *(_around(8) * 1.5 + eye * 20 for eye in eyes)]


def _dots(random: Random) -> list[Line]:
    count = int(np.exp(random.uniform(0, np.log(40))))
    return [place + _around(8) * 0.5 for place in random.uniform(-14, 14, (count, 2))]


def _waves(random: Random) -> list[Line]:
    x = np.linspace(0, random.uniform(1.5, 4), 120)
    return [np.stack([x * 20, 20 * random.uniform(0.15, 0.6) * np.sin(2 * np.pi * x)], 1)]


def _closed_curve(random: Random) -> list[Line]:
    """An outline with dents, unlike a 0."""
    angle = np.linspace(0, 2 * np.pi, 120)
    dents = int(random.integers(2, 7))
    radius = 1 + random.uniform(0.3, 0.6) * np.cos(dents * angle + random.uniform(0, 2 * np.pi))
    radius += 0.15 * random.normal() * np.cos(angle + random.uniform(0, 2 * np.pi))
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle) * random.uniform(0.6, 1)], 1) * 20]


def _crooked_polygon(random: Random) -> list[Line]:
    corners = _around(int(random.integers(5, 10)), random.uniform(0, 2 * np.pi))
    return [_closed(corners * random.uniform(0.25, 1, (len(corners), 1)))]


def _arcs(random: Random) -> list[Line]:
    """Parts of circles and straight lines, put together as no sign is."""
    parts: list[Line] = []
    for _ in range(int(random.integers(3, 7))):
        angle = np.linspace(0, random.uniform(0.1, 1.6) * np.pi, 30) + random.uniform(0, 2 * np.pi)
        arc = np.stack([np.cos(angle), np.sin(angle)], 1) * random.uniform(0.2, 1, 2)
        parts.append((arc + random.uniform(-0.8, 0.8, 2)) * 20)
    return parts


def _star(random: Random) -> list[Line]:
    points = int(random.integers(5, 8))
    outline = np.stack([_around(points, -np.pi / 2), _around(points, -np.pi / 2 + np.pi / points) * 0.45], 1)
    return [_closed(outline.reshape(-1, 2) + random.normal(0, 0.03, (2 * points, 2)))]


def _heart(random: Random) -> list[Line]:
    angle = np.linspace(0, 2 * np.pi, 80)
    x = 16 * np.sin(angle) ** 3
    y = -(13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle))
    return [np.stack([x * random.uniform(0.8, 1.2), y], 1)]


def _spiral(random: Random) -> list[Line]:
    turns = random.uniform(2.5, 5)
    angle = np.linspace(0, 2 * np.pi * turns, 200) * random.choice((-1, 1))
    return [np.stack([angle * np.cos(angle), angle * np.sin(angle)], 1)]


_Shape = Callable[[Random], list[Line]]
_SCRIBBLES: tuple[_Shape, ...] = (
    _wander, _wander, _tangle, _tangle, _hatching, _several_strokes, _polygon, _crossed_polygon, _cross, _arrow, _grid,
    _face, _dots, _waves, _closed_curve, _closed_curve, _crooked_polygon, _crooked_polygon, _arcs, _arcs,
)  # fmt: skip
_HELD_OUT_SCRIBBLES: tuple[_Shape, ...] = (_star, _heart, _spiral)


def empty_sheet(random: Random) -> NDArray[np.uint8]:
    """The brightness (240, 320) of a photographed sheet of paper with nothing on it: uneven light and noise."""
    height, width = 240, 320
    light = cv2.resize(random.uniform(-1, 1, (3, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
    texture = cv2.GaussianBlur(random.normal(0, 1, (height, width)), (0, 0), random.uniform(0.5, 3))
    noise = random.normal(0, random.uniform(0.5, 4), (height, width))
    sheet = random.uniform(120, 230) + 40 * light + random.uniform(0, 6) * texture / texture.std() + noise
    return np.asarray(np.clip(sheet, 0, 255), np.uint8)
