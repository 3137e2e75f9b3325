"""What goes out."""

import base64
import io
from collections.abc import Sequence
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from digitrec.api.problems import ErrorDetail
from digitrec.imaging.normalize import CROP
from digitrec.imaging.trace import render_step
from digitrec.prediction import AnyPrediction, Kind, Mode, NumberPrediction, NumberVerdict, Prediction, Step, Verdict

_SIDE = 280
_PNG = "a PNG in base64"


class DigitProbability(BaseModel):
    """A digit and how likely it is."""

    digit: int
    confidence: float = Field(description="its probability, 0 to 1")


class StepPicture(BaseModel):
    """One step of preprocessing."""

    name: str
    reason: str = Field(description="what was chosen, and why")
    image: str = Field(description=f"{_PNG}, what was found marked on it")


class DigitResponse(BaseModel):
    """The digit that was read in one picture."""

    model_config = ConfigDict(protected_namespaces=())

    mode: Literal[Mode.DIGIT] = Mode.DIGIT
    digit: int | None = Field(description="the digit; null where there is none, or nothing at all")
    confidence: float = Field(description="the probability of the likeliest digit, 0 to 1")
    verdict: Verdict = Field(description="how far the answer may be trusted")
    reason: Kind | None = Field(description="what it is instead, where it is not a digit")
    top_predictions: list[DigitProbability] = Field(description="the five likeliest digits; none where there is no ink")
    model: str
    model_version: str
    processing_time_ms: float = Field(description="what decoding, preprocessing and inference took")
    cropped_image: str | None = Field(description=f"{_PNG}: the ink, cut out; null where there is none")
    final_image: str | None = Field(description=f"{_PNG}, 28x28: what the network saw; null where there is no ink")
    steps: list[StepPicture] | None = Field(description="every step of preprocessing, with `debug`")
    recorded: bool = Field(False, description="whether it is kept in the history of the key's owner")


class Box(BaseModel):
    """Where a digit is, in shares of the upright picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


class DigitOfNumber(BaseModel):
    """One of the digits of a number."""

    digit: int | None = Field(description="the digit; null for what is none")
    confidence: float = Field(description="the probability of that in its place, 0 to 1")
    box: Box
    steps: list[StepPicture] | None = Field(description="what was looked at there, with `debug`")


class Alternative(BaseModel):
    """Something else that a line may say."""

    number: str = Field(description="its digits, `?` for what is none")
    confidence: float = Field(description="the probability of all of it, 0 to 1")


class NumberResponse(BaseModel):
    """The number that was read in one picture."""

    model_config = ConfigDict(protected_namespaces=())

    mode: Literal[Mode.NUMBER] = Mode.NUMBER
    number: str | None = Field(description="its digits, `?` for what is none; null where there is no number")
    confidence: float = Field(description="the probability of the likeliest reading as a whole, 0 to 1")
    verdict: NumberVerdict = Field(description="how far the answer may be trusted")
    digits: list[DigitOfNumber] = Field(description="of the likeliest reading, from left to right")
    alternatives: list[Alternative] = Field(description="up to three other readings, the likeliest first")
    doubts: list[str] = Field(description="why it is not sure, whatever its confidence, in sentences")
    model: str
    model_version: str
    processing_time_ms: float = Field(description="what decoding, preprocessing and inference took")
    steps: list[StepPicture] | None = Field(description="every step that found the line, with `debug`")
    recorded: bool = Field(False, description="whether it is kept in the history of the key's owner")


AnyResponse = DigitResponse | NumberResponse


class BatchItem(BaseModel):
    """What came of one picture among others: an answer, or what is wrong with the picture."""

    answer: AnyResponse | None = None
    error: ErrorDetail | None = None


class BatchResponse(BaseModel):
    """What came of each picture, in the order in which they were sent."""

    results: list[BatchItem]


def response_from(prediction: AnyPrediction, debug: bool) -> AnyResponse:
    """What is told of a recognition; with ``debug``, its steps too."""
    return _number(prediction, debug) if isinstance(prediction, NumberPrediction) else _digit(prediction, debug)


def _number(prediction: NumberPrediction, debug: bool) -> NumberResponse:
    height, width = prediction.steps[0].image.shape[:2]
    return NumberResponse(
        number=prediction.text or None,
        confidence=prediction.confidence,
        verdict=prediction.verdict,
        digits=[
            DigitOfNumber(
                digit=digit.digit,
                confidence=digit.confidence,
                box=Box(**digit.box.relative_to(width, height)._asdict()),
                steps=_pictures(digit.steps) if debug else None,
            )
            for digit in prediction.digits
        ],
        alternatives=[
            Alternative(number=other.text, confidence=other.probability) for other in prediction.alternatives
        ],
        doubts=list(prediction.doubts),
        model=prediction.model,
        model_version=prediction.model_version,
        processing_time_ms=prediction.milliseconds,
        steps=_pictures(prediction.steps) if debug else None,
    )


def _digit(prediction: Prediction, debug: bool) -> DigitResponse:
    blank = prediction.verdict is Verdict.BLANK
    crop = None if blank else next(step for step in prediction.steps if step.name == CROP)
    likeliest = sorted(enumerate(prediction.probabilities), key=lambda pair: -pair[1])[:5]
    return DigitResponse(
        digit=int(prediction.text) if prediction.text else None,
        confidence=prediction.confidence,
        verdict=prediction.verdict,
        reason=prediction.reason,
        top_predictions=[DigitProbability(digit=digit, confidence=confidence) for digit, confidence in likeliest],
        model=prediction.model,
        model_version=prediction.model_version,
        processing_time_ms=prediction.milliseconds,
        cropped_image=_png(Image.fromarray(crop.image)) if crop else None,
        final_image=None if blank else _png(Image.fromarray(prediction.steps[-1].image)),
        steps=_pictures(prediction.steps) if debug else None,
    )


def _pictures(steps: Sequence[Step]) -> list[StepPicture]:
    return [StepPicture(name=step.name, reason=step.reason, image=_png(render_step(step, _SIDE))) for step in steps]


def _png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode()
