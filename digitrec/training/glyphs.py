"""Letters and signs as pens draw them: the stroke fonts of A. V. Hershey (1967)."""

from functools import cache

import numpy as np
from HersheyFonts import HersheyFonts

from digitrec.training.hands import Line

# Left out everywhere is what many hands write as they write a digit: nobody could tell.
_LATIN = "ACEFHKLMNPRTUVWXYacdefhkmnprtuvwxy"
_GREEK = "ACDEGHKLMNPRSTUWXYacefghklmnptuvwxy"
_CYRILLIC = "ADEFGIJKLMNPQRSTVWYZadefgijklmnqrstvwyz"
_JAPANESE = "#$%&'()*+,-./0567AEFGIKMNPUVWXZ^_`abcdfs"

LETTERS = {
    **dict.fromkeys(
        ("futural", "futuram", "rowmans", "rowmand", "rowmant", "timesr", "timesi", "timesib", "scripts", "scriptc"),
        _LATIN,
    ),
    "cursive": _LATIN,
    "greek": _GREEK,
    "cyrilc_1": _CYRILLIC,
    "japanese": _JAPANESE,
}
"""Fonts to learn letters from, and which of their characters."""

SIGNS = {
    "symbolic": "@AIJKMNOPQRSTUVWXYZ[]^_abcdefghjklmopuw",
    "astrology": "!#$%&'-/:;<>?@]`{|}~",
    "mathlow": '!"#$%*+:;=?@^bcdeghiklnovwx',
}
"""Fonts to learn signs from: weather, cards, planets, mathematics."""

BLACKLETTER = {"gothicita": _LATIN}
"""A hand to measure with and never to learn from."""


@cache
def glyphs(font: str, characters: str) -> list[list[Line]]:
    """The pen movements of each of these characters of a font, their points at most a step of the font apart."""
    fonts = HersheyFonts()
    fonts.load_default_font(font)
    drawn = ([dense(np.array(stroke, float)) for stroke in fonts.strokes_for_text(sign)] for sign in characters)
    return [lines for lines in drawn if lines]


def dense(line: Line) -> Line:
    """A line (N, 2) with points between its corners, at most one unit apart."""
    if len(line) == 1:
        return line
    steps = np.maximum(1, np.ceil(np.abs(np.diff(line, axis=0)).max(1))).astype(int)
    parts = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(line[:-1], line[1:], steps, strict=True)]
    return np.concatenate([*parts, line[-1:]])
