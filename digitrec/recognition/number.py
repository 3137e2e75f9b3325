"""What was read in number mode, as everybody passes it on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from digitrec.imaging.steps import Step
from digitrec.recognition.ctc import ALPHABET, Reading
from digitrec.recognition.recognition import Mode, Recognition, Verdict

OTHER = ALPHABET[-1]
"""How a letter or a scribble among the digits is told."""


class NumberVerdict(StrEnum):
    """How far a number may be trusted."""

    NUMBER = "number"
    UNSURE = "unsure"
    NOT_A_NUMBER = "not_a_number"
    BLANK = "blank"

    @property
    def says_label(self) -> bool:
        """Whether there is a number to be told, be it with doubt."""
        return self in (NumberVerdict.NUMBER, NumberVerdict.UNSURE)


class Box(NamedTuple):
    """Where something is on the picture of the first step, in its pixels, right and bottom just outside of it."""

    left: float
    top: float
    right: float
    bottom: float

    def in_shares(self, width: int, height: int) -> "Box":
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
        return None if self.label == OTHER else int(self.label)


@dataclass(frozen=True, slots=True)
class NumberRecognition:
    """One line read: the number, how sure the network is of all of it and of each digit, and the way there."""

    mode: ClassVar[Mode] = Mode.NUMBER
    reason: ClassVar[None] = None
    verdict: NumberVerdict
    label: str
    """The likeliest reading, whatever the verdict; empty where nothing is told."""
    confidence: float
    """The probability of ``label`` as a whole, 0 to 1; 0 where there is no ink."""
    digits: tuple[NumberDigit, ...]
    alternatives: tuple[Reading, ...]
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
        return self.label if self.verdict.says_label else ""


AnyVerdict = Verdict | NumberVerdict
AnyRecognition = Recognition | NumberRecognition


def verdict_on(reading: Reading, sure_from: float, number_from: float, *, doubted: bool = False) -> NumberVerdict:
    """How far a reading of writing may be trusted: with what is no digit in it, or in doubt, it is unsure at best."""
    if not set(reading.text) - {OTHER} or reading.probability < number_from:
        return NumberVerdict.NOT_A_NUMBER
    if OTHER in reading.text or reading.probability < sure_from or doubted:
        return NumberVerdict.UNSURE
    return NumberVerdict.NUMBER
