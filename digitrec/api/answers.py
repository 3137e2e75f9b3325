"""What goes out."""

import base64
import io
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from digitrec.api.problems import Fault
from digitrec.imaging.normalize import CROP
from digitrec.imaging.steps import enlarged
from digitrec.recognition.kinds import Kind
from digitrec.recognition.recognition import Recognition, Verdict

_SIDE = 280
_PNG = "a PNG in base64"


class Prediction(BaseModel):
    """A digit and how likely it is."""

    digit: int
    confidence: float = Field(description="its probability, 0 to 1")


class StepPicture(BaseModel):
    """One step of preprocessing."""

    name: str
    reason: str = Field(description="what was chosen, and why")
    image: str = Field(description=f"{_PNG}, what was found marked on it")


class Answer(BaseModel):
    """What was read in one picture."""

    model_config = ConfigDict(protected_namespaces=())

    mode: Literal["digit"] = "digit"
    digit: int | None = Field(description="the digit; null where there is none, or nothing at all")
    confidence: float = Field(description="the probability of the likeliest digit, 0 to 1")
    verdict: Verdict = Field(description="how far the answer may be trusted")
    reason: Kind | None = Field(description="what it is instead, where it is not a digit")
    top_predictions: list[Prediction] = Field(description="the five likeliest digits; none where there is no ink")
    model: str
    model_version: str
    processing_time_ms: float = Field(description="what decoding, preprocessing and inference took")
    cropped_image: str | None = Field(description=f"{_PNG}: the ink, cut out; null where there is none")
    final_image: str | None = Field(description=f"{_PNG}, 28x28: what the network saw; null where there is no ink")
    steps: list[StepPicture] | None = Field(description="every step of preprocessing, with `debug`")
    recorded: bool = Field(False, description="whether it is kept in the history of the key's owner")


class BatchItem(BaseModel):
    """What came of one picture among others: an answer, or what is wrong with the picture."""

    answer: Answer | None = None
    error: Fault | None = None


class BatchAnswer(BaseModel):
    """What came of each picture, in the order in which they were sent."""

    results: list[BatchItem]


def answer_of(recognition: Recognition, debug: bool) -> Answer:
    """What is told of a recognition; with ``debug``, its steps too."""
    blank = recognition.verdict is Verdict.BLANK
    crop = None if blank else next(step for step in recognition.steps if step.name == CROP)
    likeliest = sorted(enumerate(recognition.probabilities), key=lambda pair: -pair[1])[:5]
    return Answer(
        digit=int(recognition.text) if recognition.text else None,
        confidence=recognition.confidence,
        verdict=recognition.verdict,
        reason=recognition.reason,
        top_predictions=[Prediction(digit=digit, confidence=confidence) for digit, confidence in likeliest],
        model=recognition.model,
        model_version=recognition.model_version,
        processing_time_ms=recognition.milliseconds,
        cropped_image=_png(Image.fromarray(crop.picture)) if crop else None,
        final_image=None if blank else _png(Image.fromarray(recognition.steps[-1].picture)),
        steps=[
            StepPicture(name=step.name, reason=step.reason, image=_png(enlarged(step, _SIDE)))
            for step in recognition.steps
        ]
        if debug
        else None,
    )


def _png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode()
