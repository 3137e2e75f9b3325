"""The result of recognizing one image, in frozen dataclasses that every layer passes on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

DIGITS = tuple(map(str, range(10)))  # The labels of digits, in the order of the network's outputs.


class Kind(StrEnum):
    """What the ink shows, in the order of the network's outputs."""

    DIGIT = "digit"
    SEVERAL_DIGITS = "several_digits"
    LETTER = "letter"
    SCRIBBLE = "scribble"  # A scribble or a shape.

    @property
    def description(self) -> str:
        """The name of the kind as part of a sentence."""
        return "several digits" if self is Kind.SEVERAL_DIGITS else f"a {self}"


KINDS = tuple(Kind)


class Mode(StrEnum):
    """Whether an image holds one digit or a number."""

    DIGIT = "digit"
    NUMBER = "number"


class InputMethod(StrEnum):
    """How an image was entered."""

    CANVAS = "canvas"
    SAMPLE = "sample"  # A drawing that started from one of the samples.
    UPLOAD = "upload"
    CAMERA = "camera"
    API = "api"


class _Verdict(StrEnum):
    @property
    def has_label(self) -> bool:
        """Whether a digit or a number was recognized, confidently or not."""
        return self in ("digit", "number", "unsure")


class Verdict(_Verdict):
    """How far a prediction of a digit can be trusted."""

    DIGIT = "digit"
    UNSURE = "unsure"
    NOT_A_DIGIT = "not_a_digit"
    BLANK = "blank"


def percent(probability: float) -> str:
    """Format a probability (0 to 1) as a percentage, without rounding it to 0% or 100%."""
    if probability > 0.999:
        return ">99.9%"
    return "<0.1%" if 0 < probability < 0.001 else f"{probability:.1%}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of preprocessing: its name, the resulting image and a short explanation."""

    name: str
    image: NDArray[np.uint8]  # (height, width) gray or (height, width, 3) color
    reason: str
    box: tuple[int, int, int, int] | None = None  # Region to mark: left, top, right, bottom in pixels, end exclusive.
    point: tuple[float, float] | None = None  # Point to mark: x, y; (0.5, 0.5) is the middle of the first pixel.


@dataclass(frozen=True, slots=True)
class Prediction:
    """The digit recognized in one image, with its probabilities and the steps of preprocessing."""

    mode: ClassVar[Mode] = Mode.DIGIT
    verdict: Verdict
    label: str  # The most likely digit, whatever the verdict; empty if there is no ink.
    confidence: float  # The probability of ``label``, 0 to 1.
    probabilities: tuple[float, ...]  # The probability of each digit 0 to 9; empty if there is no ink.
    steps: tuple[Step, ...]  # The steps of preprocessing, starting with the input.
    model: str
    milliseconds: float  # Time for decoding, preprocessing and inference.
    model_version: str = ""
    reason: Kind | None = None  # What the ink shows instead, if the verdict is *not a digit*.

    @property
    def text(self) -> str:
        """The recognized digit, or an empty string."""
        return self.label if self.verdict.has_label else ""

    @property
    def network_input(self) -> NDArray[np.float32]:
        """The network input (28, 28) in [0, 1] of a prediction that isn't blank, from the last step."""
        return self.steps[-1].image.astype(np.float32) / np.float32(255)


class Hypothesis(NamedTuple):
    """A possible text and its probability."""

    text: str
    probability: float


NON_DIGIT = "?"  # Stands for a letter or a scribble among digits.


class NumberVerdict(_Verdict):
    """How far a prediction of a number can be trusted."""

    NUMBER = "number"
    UNSURE = "unsure"
    NOT_A_NUMBER = "not_a_number"
    BLANK = "blank"


class Box(NamedTuple):
    """A region of the input image, in pixels; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    def relative_to(self, width: int, height: int) -> "Box":
        """Return the box as fractions (0 to 1) of an image of this size."""
        # The ends may lie a fraction of a pixel outside if the image was enlarged.
        right, bottom = min(self.right / width, 1.0), min(self.bottom / height, 1.0)
        return Box(self.left / width, self.top / height, right, bottom)


@dataclass(frozen=True, slots=True)
class NumberDigit:
    """One character of a number."""

    label: str  # A digit, or ``?`` for any other character.
    confidence: float  # The probability of ``label`` at its position, 0 to 1.
    probabilities: tuple[float, ...]  # The probability at its position of each digit 0 to 9 and any other character.
    box: Box
    steps: tuple[Step, ...]

    @property
    def digit(self) -> int | None:
        """The digit, or None for any other character."""
        return None if self.label == NON_DIGIT else int(self.label)


@dataclass(frozen=True, slots=True)
class NumberPrediction:
    """The number recognized in one image, with its digits, alternatives and the steps of preprocessing."""

    mode: ClassVar[Mode] = Mode.NUMBER
    reason: ClassVar[None] = None
    verdict: NumberVerdict
    label: str  # The most likely text, whatever the verdict; may be empty.
    confidence: float  # The probability of ``label`` as a whole, 0 to 1; 0 if there is no ink.
    digits: tuple[NumberDigit, ...]
    alternatives: tuple[Hypothesis, ...]  # Up to three other texts, the most likely first.
    steps: tuple[Step, ...]  # The steps of preprocessing, starting with the input.
    model: str
    milliseconds: float  # Time for decoding, preprocessing, inference and beam search.
    model_version: str = ""
    doubts: tuple[str, ...] = ()  # Reasons to doubt the number whatever its probability, as sentences to show.

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The probability of each character of ``label``."""
        return tuple(digit.confidence for digit in self.digits)

    @property
    def text(self) -> str:
        """The recognized number, or an empty string; ``?`` stands for characters that are not digits."""
        return self.label if self.verdict.has_label else ""


AnyVerdict = Verdict | NumberVerdict
AnyPrediction = Prediction | NumberPrediction
