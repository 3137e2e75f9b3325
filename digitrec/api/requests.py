"""Parsing of API requests."""

import asyncio
import base64
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Request
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.types import Message

from digitrec.api.problems import Problem
from digitrec.errors import ImageError
from digitrec.imaging.files.decode import MAX_BYTES
from digitrec.imaging.files.encode import png_url
from digitrec.imaging.strokes import render
from digitrec.recognition.automatic import AUTO
from digitrec.samples import CANVAS_SIDE, samples

MAX_BATCH_SIZE = 64
_MAX_BATCH_BYTES = 4 * MAX_BYTES
_MAX_SINGLE_BYTES = MAX_BYTES * 3 // 2  # Room for the largest image in base64, which takes a third more.
_MAX_STRINGS = MAX_BATCH_SIZE + 10
_MAX_BYTES_BETWEEN_STRINGS = 10_000
_MAX_NAME_LENGTH = 50
_LARGE_BYTES = 100_000
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_FILE = "file"
_HELP = "See /api/docs."
_NUMBER_OF_IMAGES = f"Send 1 to {MAX_BATCH_SIZE} images."
_MESSAGES = {
    "bool_parsing": "Use true or false.",
    "extra_forbidden": f"This field is unknown. {_HELP}",
    "missing": f"This field is missing. {_HELP}",
    "too_short": _NUMBER_OF_IMAGES,
    "too_long": _NUMBER_OF_IMAGES,
}
"""Messages for some of pydantic's errors, by their type, in place of pydantic's own."""

EncodedImage = Annotated[
    str, Field(description="an image file in base64, standard or URL-safe, with or without `data:image/png;base64,`")
]


class Options(BaseModel):
    """How to recognize the images of a request."""

    model_config = ConfigDict(extra="forbid")

    # Errors would show members of Mode as Python does.
    mode: Literal["auto", "digit", "number"] = Field(
        AUTO, description="what to recognize: one digit, a number on one line, or whichever the image shows"
    )
    debug: bool = Field(False, description="whether to return every step of preprocessing")


class PredictRequest(Options):
    """One image."""

    image: EncodedImage


class BatchRequest(Options):
    """Images to recognize one by one."""

    images: Annotated[list[EncodedImage], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


async def parse(request: Request, model: type[PredictRequest | BatchRequest]) -> tuple[Sequence[str | bytes], Options]:
    """Return the images, which are base64 or contents of files, and the options of a request.

    The request is JSON with base64 or a form with files. Raises Problem if it is invalid or too large.
    """
    request = _limited(request, _MAX_SINGLE_BYTES if model is PredictRequest else _MAX_BATCH_BYTES)
    try:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await _parse_form(request, model)
        body = await request.body()
        # Parsing a large body would block the event loop for milliseconds. A small one costs less than a thread.
        is_large = len(body) > _LARGE_BYTES
        parsed = await asyncio.to_thread(_parse_json, body, model) if is_large else _parse_json(body, model)
    except ValidationError as error:
        # The message repeats nothing of what was sent.
        first = error.errors()[0]
        location = ".".join(map(str, first["loc"]))[:_MAX_NAME_LENGTH]
        message = _MESSAGES.get(first["type"], f"{first['msg']}.")
        raise Problem(422, "wrong_request", f"{location}: {message}" if location else message) from error
    return parsed.images if isinstance(parsed, BatchRequest) else [parsed.image], parsed


def _limited(request: Request, max_bytes: int) -> Request:
    """Return the request with a limit on its body, whatever its headers say about the size."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > max_bytes:
            # FastAPI's own limit doesn't respond with the JSON that every other error has.
            raise Problem(413, "too_large", f"The request is too large. Send at most {max_bytes // 2**20} MB.")
        return message

    return Request(request.scope, receive)


def _parse_json(body: bytes, model: type[PredictRequest | BatchRequest]) -> PredictRequest | BatchRequest:
    if not re.match(rb"\s*{", body):
        raise Problem(
            422,
            "wrong_request",
            f"The request is neither a JSON object nor a form with files. Send each image as a file in the form field "
            f"{_FILE}, or in base64. {_HELP}",
        )
    # Parsers take a hundred bytes of memory for each value, and pydantic more for each wrong one. A valid request is
    # little more than a few long strings without escaped quotation marks.
    pieces = body.split(b'"', 2 * _MAX_STRINGS + 1)
    if len(pieces) > 2 * _MAX_STRINGS + 1 or sum(map(len, pieces[::2])) > _MAX_BYTES_BETWEEN_STRINGS:
        raise Problem(422, "wrong_request", f"The request has more fields or images than are allowed. {_HELP}")
    return model.model_validate_json(body)


async def _parse_form(request: Request, model: type[Options]) -> tuple[Sequence[bytes], Options]:
    async with request.form(max_files=MAX_BATCH_SIZE, max_fields=2) as form:
        files = form.getlist(_FILE)
        if model is PredictRequest and len(files) > 1:
            raise Problem(422, "wrong_request", f"{_FILE}: Send one image here, or several to /api/predict/batch.")
        # One byte more than the limit is enough for the file to be rejected.
        images = [await file.read(MAX_BYTES + 1) for file in files if isinstance(file, UploadFile)]
        if not images or len(images) < len(files):
            raise Problem(422, "wrong_request", f"{_FILE}: Send each image as a file in this form field.")
        return images, Options.model_validate({name: value for name, value in form.items() if name != _FILE})


def decode_image_data(image: str | bytes) -> bytes:
    """Return the content of an image sent as base64 or as a file. Raises ImageError if it isn't valid base64."""
    if isinstance(image, bytes):
        return image
    try:
        encoded = image.partition(",")[2] if image.startswith("data:") else image
        encoded_bytes = encoded.encode("ascii").translate(_URL_SAFE, b" \t\r\n").rstrip(b"=")
        return base64.b64decode(encoded_bytes + b"=" * (-len(encoded_bytes) % 4), validate=True)
    except ValueError as error:
        raise ImageError("The image isn't valid base64. Encode it again.", "damaged") from error


def _body(model: type[Options], example: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI description of a body, which is JSON or a form."""
    properties = {_FILE: files, **Options.model_json_schema()["properties"]}
    content = {
        "application/json": {"schema": model.model_json_schema(), "example": example},
        "multipart/form-data": {"schema": {"type": "object", "required": [_FILE], "properties": properties}},
    }
    return {"requestBody": {"required": True, "content": content}}


def _example(digit: int) -> str:
    return png_url(Image.fromarray(render(samples()[digit], CANVAS_SIDE)).resize((56, 56)))


_BINARY = {"type": "string", "format": "binary"}
_BINARIES = {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": MAX_BATCH_SIZE}
SINGLE_BODY = _body(PredictRequest, {"image": _example(7)}, _BINARY)
BATCH_BODY = _body(BatchRequest, {"images": [_example(7), _example(3)]}, _BINARIES)
