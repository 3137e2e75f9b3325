"""The result of recognizing one image, in the frozen dataclasses that every layer passes on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

DIGITS = tuple(map(str, range(10)))
"""What a digit is read as, in the order of the network's outputs."""


class Kind(StrEnum):
    """What ink is: one digit, or something else. In the order of the network's outputs."""

    DIGIT = "digit"
    SEVERAL_DIGITS = "several_digits"
    LETTER = "letter"
    SCRIBBLE = "scribble"
    """A scribble or a shape."""

    @property
    def description(self) -> str:
        """What it is called in a sentence."""
        return "several digits" if self is Kind.SEVERAL_DIGITS else f"a {self}"


KINDS = tuple(Kind)


class Mode(StrEnum):
    """What is read in a picture."""

    DIGIT = "digit"
    NUMBER = "number"


class InputMethod(StrEnum):
    """How a picture came in."""

    CANVAS = "canvas"
    SAMPLE = "sample"
    """A drawing that began as one of our own."""
    UPLOAD = "upload"
    CAMERA = "camera"
    API = "api"


class Verdict(StrEnum):
    """How far an answer may be trusted."""

    DIGIT = "digit"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not_a_digit"
    BLANK = "blank"

    @property
    def has_label(self) -> bool:
        """Whether there is a digit to be told, be it with doubt."""
        return self in (Verdict.DIGIT, Verdict.UNSURE)


def percent(probability: float) -> str:
    """A probability, 0 to 1, in per cent; a network is never entirely sure, and rounding is not to say it were."""
    if probability > 0.999:
        return ">99.9%"
    return "<0.1%" if 0 < probability < 0.001 else f"{probability:.1%}"


@dataclass(frozen=True, slots=True)
class Step:
    """One named step of preprocessing, with what it left behind and why."""

    name: str
    image: NDArray[np.uint8]  # (height, width) grey or (height, width, 3) colour
    reason: str
    box: tuple[int, int, int, int] | None = None
    """What the step found: left, top, right and bottom in pixels of the picture, the last two left out."""
    point: tuple[float, float] | None = None
    """The place the step went by: column and row, where (0.5, 0.5) is the middle of the first pixel."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One picture read: the answer, how sure the network is, and the way there."""

    mode: ClassVar[Mode] = Mode.DIGIT
    verdict: Verdict
    label: str
    """The likeliest digit, whatever the verdict; empty where there is no ink."""
    confidence: float
    """The probability of ``label``, 0 to 1."""
    probabilities: tuple[float, ...]
    """The probability of each digit 0 to 9; none where there is no ink."""
    steps: tuple[Step, ...]
    """Every step of preprocessing, the picture as it came first."""
    model: str
    """The name of the model that read."""
    milliseconds: float
    """What decoding, preprocessing and inference took together."""
    model_version: str = ""
    """What tells that model from others of its name."""
    reason: Kind | None = None
    """What it is instead, where the verdict is *not a digit*."""

    @property
    def text(self) -> str:
        """The digit to be told, nothing where there is none."""
        return self.label if self.verdict.has_label else ""


class Hypothesis(NamedTuple):
    """A text that may be meant, and its probability."""

    text: str
    probability: float


NON_DIGIT = "?"
"""How a letter or a scribble among the digits is told."""


class NumberVerdict(StrEnum):
    """How far a number may be trusted."""

    NUMBER = "number"
    UNSURE = "unsure"
    NOT_A_NUMBER = "not_a_number"
    BLANK = "blank"

    @property
    def has_label(self) -> bool:
        """Whether there is a number to be told, be it with doubt."""
        return self in (NumberVerdict.NUMBER, NumberVerdict.UNSURE)


class Box(NamedTuple):
    """Where something is on the picture of the first step, in its pixels, right and bottom just outside of it."""

    left: float
    top: float
    right: float
    bottom: float

    def relative_to(self, width: int, height: int) -> "Box":
        """The same in shares of a picture of this size, 0 to 1."""
        return Box(self.left / width, self.top / height, self.right / width, self.bottom / height)


@dataclass(frozen=True, slots=True)
class NumberDigit:
    """One of the characters of a number."""

    label: str
    """A digit, or ``?`` for what is none."""
    confidence: float
    """The probability of ``label`` at its place, 0 to 1."""
    probabilities: tuple[float, ...]
    """The probability of each digit 0 to 9 at its place, and of being none."""
    box: Box
    steps: tuple[Step, ...]
    """What was looked at there."""

    @property
    def digit(self) -> int | None:
        """The digit, None for what is none."""
        return None if self.label == NON_DIGIT else int(self.label)


@dataclass(frozen=True, slots=True)
class NumberPrediction:
    """One line read: the number, how sure the network is of all of it and of each digit, and the way there."""

    mode: ClassVar[Mode] = Mode.NUMBER
    reason: ClassVar[None] = None
    verdict: NumberVerdict
    label: str
    """The likeliest reading, whatever the verdict; empty where nothing is told."""
    confidence: float
    """The probability of ``label`` as a whole, 0 to 1; 0 where there is no ink."""
    digits: tuple[NumberDigit, ...]
    alternatives: tuple[Hypothesis, ...]
    """Up to three other readings, the likeliest first."""
    steps: tuple[Step, ...]
    """Every step of preprocessing, the picture as it came first."""
    model: str
    """The name of the model that read."""
    milliseconds: float
    """What decoding, preprocessing, inference and the search for readings took together."""
    model_version: str = ""
    """What tells that model from others of its name."""
    doubts: tuple[str, ...] = ()
    """Why it is not sure, whatever its probability: sentences to be shown."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each character of ``label``."""
        return tuple(digit.confidence for digit in self.digits)

    @property
    def text(self) -> str:
        """The number to be told, nothing where there is none; ``?`` stands for what is no digit."""
        return self.label if self.verdict.has_label else ""


AnyVerdict = Verdict | NumberVerdict
AnyPrediction = Prediction | NumberPrediction
