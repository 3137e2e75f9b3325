"""What was read, as everybody passes it on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from digitrec.imaging.steps import Step
from digitrec.recognition.kinds import Kind


class Mode(StrEnum):
    """What is read in a picture."""

    DIGIT = "digit"
    NUMBER = "number"


class Source(StrEnum):
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
    def says_label(self) -> bool:
        """Whether there is a digit to be told, be it with doubt."""
        return self in (Verdict.DIGIT, Verdict.UNSURE)


def percent(probability: float) -> str:
    """A probability, 0 to 1, in per cent; a network is never entirely sure, and rounding is not to say it were."""
    if probability > 0.999:
        return ">99.9%"
    return "<0.1%" if 0 < probability < 0.001 else f"{probability:.1%}"


@dataclass(frozen=True, slots=True)
class Recognition:
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
        return self.label if self.verdict.says_label else ""
