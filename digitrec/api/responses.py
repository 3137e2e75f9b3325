"""Responses of the API."""

import base64
from collections.abc import Sequence
from typing import Literal

from PIL import Image
from pydantic import BaseModel, Field

from digitrec.api.problems import ErrorDetail
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.normalize import CROP
from digitrec.imaging.trace import render_step
from digitrec.prediction import AnyPrediction, Kind, Mode, NumberPrediction, NumberVerdict, Prediction, Step, Verdict

_STEP_SIDE = 280
_PNG = "as a base64 PNG"


class DigitProbability(BaseModel):
    """A digit and its probability."""

    digit: int
    confidence: float = Field(description="the probability of this digit, 0 to 1")


class StepImage(BaseModel):
    """One step of preprocessing."""

    name: str
    reason: str = Field(description="what this step did, and why")
    image: str = Field(description=f"the result {_PNG}, with findings marked")


class DigitResponse(BaseModel):
    """The prediction for one digit."""

    mode: Literal[Mode.DIGIT] = Mode.DIGIT
    digit: int | None = Field(description="the digit; null if the image shows none or is blank")
    confidence: float = Field(description="the probability of the most likely digit, 0 to 1")
    verdict: Verdict = Field(description="how far to trust the prediction")
    reason: Kind | None = Field(description="what the image shows instead of a digit")
    top_predictions: list[DigitProbability] = Field(description="the five most likely digits; empty if blank")
    model: str
    model_version: str
    processing_time_ms: float = Field(description="the time that decoding, preprocessing and inference took")
    cropped_image: str | None = Field(description=f"the cropped ink {_PNG}; null if the image is blank")
    final_image: str | None = Field(description=f"the 28×28 network input {_PNG}; null if the image is blank")
    steps: list[StepImage] | None = Field(description="every step of preprocessing, if `debug` is set")
    recorded: bool = Field(False, description="whether the prediction was saved to the history of the key's owner")


class Box(BaseModel):
    """The bounding box of a digit, as fractions of the upright image's width and height."""

    left: float
    top: float
    right: float
    bottom: float


class DigitOfNumber(BaseModel):
    """One digit of a number."""

    digit: int | None = Field(description="the digit; null for any other character")
    confidence: float = Field(description="the probability of this digit at its position, 0 to 1")
    box: Box
    steps: list[StepImage] | None = Field(description="every step of its preprocessing, if `debug` is set")


class Alternative(BaseModel):
    """Another number that the line may show."""

    number: str = Field(description="the digits, with `?` for any other character")
    confidence: float = Field(description="the probability of the whole number, 0 to 1")


class NumberResponse(BaseModel):
    """The prediction for one number."""

    mode: Literal[Mode.NUMBER] = Mode.NUMBER
    number: str | None = Field(description="the digits, with `?` for any other character; null if there is no number")
    confidence: float = Field(description="the probability of the most likely number as a whole, 0 to 1")
    verdict: NumberVerdict = Field(description="how far to trust the prediction")
    digits: list[DigitOfNumber] = Field(description="the digits of the most likely number, from left to right")
    alternatives: list[Alternative] = Field(description="up to three other numbers, the most likely first")
    doubts: list[str] = Field(description="reasons to doubt the prediction, as sentences")
    model: str
    model_version: str
    processing_time_ms: float = Field(description="the time that decoding, preprocessing and inference took")
    steps: list[StepImage] | None = Field(description="every step that found the line, if `debug` is set")
    recorded: bool = Field(False, description="whether the prediction was saved to the history of the key's owner")


AnyResponse = DigitResponse | NumberResponse


class BatchItem(BaseModel):
    """The prediction or the error for one image in a batch."""

    answer: AnyResponse | None = None
    error: ErrorDetail | None = None


class BatchResponse(BaseModel):
    """The results of a batch, in the order of its images."""

    results: list[BatchItem]


def response_from(prediction: AnyPrediction, debug: bool) -> AnyResponse:
    """Return the response for a prediction, with its steps if ``debug`` is set."""
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
                steps=_step_images(digit.steps) if debug else None,
            )
            for digit in prediction.digits
        ],
        alternatives=[
            Alternative(number=alternative.text, confidence=alternative.probability)
            for alternative in prediction.alternatives
        ],
        doubts=list(prediction.doubts),
        model=prediction.model,
        model_version=prediction.model_version,
        processing_time_ms=prediction.milliseconds,
        steps=_step_images(prediction.steps) if debug else None,
    )


def _digit(prediction: Prediction, debug: bool) -> DigitResponse:
    is_blank = prediction.verdict is Verdict.BLANK
    crop = None if is_blank else next(step for step in prediction.steps if step.name == CROP)
    top = sorted(enumerate(prediction.probabilities), key=lambda pair: -pair[1])[:5]
    return DigitResponse(
        digit=int(prediction.text) if prediction.text else None,
        confidence=prediction.confidence,
        verdict=prediction.verdict,
        reason=prediction.reason,
        top_predictions=[DigitProbability(digit=digit, confidence=confidence) for digit, confidence in top],
        model=prediction.model,
        model_version=prediction.model_version,
        processing_time_ms=prediction.milliseconds,
        cropped_image=_png(Image.fromarray(crop.image)) if crop else None,
        final_image=None if is_blank else _png(Image.fromarray(prediction.steps[-1].image)),
        steps=_step_images(prediction.steps) if debug else None,
    )


def _step_images(steps: Sequence[Step]) -> list[StepImage]:
    return [StepImage(name=step.name, reason=step.reason, image=_png(render_step(step, _STEP_SIDE))) for step in steps]


def _png(image: Image.Image) -> str:
    return base64.b64encode(encode_image(image, compress_level=1)).decode()
