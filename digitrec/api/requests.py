"""Parsing of API requests."""

import base64
import io
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.api.problems import Problem, validation_problem
from digitrec.errors import ImageError
from digitrec.imaging.decode import MAX_BYTES
from digitrec.imaging.strokes import render
from digitrec.prediction import Mode
from digitrec.samples import CANVAS_SIDE, samples

MAX_BATCH_SIZE = 64
_MAX_BATCH_BYTES = 4 * MAX_BYTES
_MAX_SINGLE_BYTES = MAX_BYTES * 3 // 2
"""Room for the largest image in base64, which takes a third more."""
_FILE = "file"

T = TypeVar("T", bound=BaseModel)

DataURL = Annotated[str, Field(pattern=r"^data:[^,]*;base64,", description="an image as a base64 data URL")]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["digit", "number"] = Field(
        "digit", description="what to recognize: one digit, or a whole number in one line"
    )
    debug: bool = Field(False, description="whether to return every step of preprocessing")


class PredictRequest(_Options):
    """One image."""

    image: DataURL


class BatchRequest(_Options):
    """Images to recognize one by one."""

    images: Annotated[list[DataURL], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """The images and options of a request."""

    images: list[str | bytes]
    """Data URLs, or the contents of files."""
    mode: Mode
    debug: bool


async def parse_single(request: Request) -> ParsedRequest:
    """Parse a request with one image: JSON with a data URL, or a form with a file.

    Raises:
        Problem: the request is invalid.
    """
    if _is_form(request):
        return await _form(request, 1)
    parsed = await _json(request, PredictRequest)
    return ParsedRequest([parsed.image], Mode(parsed.mode), parsed.debug)


async def parse_batch(request: Request) -> ParsedRequest:
    """Parse a request with several images: JSON with data URLs, or a form with files.

    Raises:
        Problem: the request is invalid.
    """
    if _is_form(request):
        return await _form(request, MAX_BATCH_SIZE)
    parsed = await _json(request, BatchRequest)
    return ParsedRequest(list(parsed.images), Mode(parsed.mode), parsed.debug)


def decode_image_data(image: str | bytes) -> bytes:
    """Return the content of an image file that was sent as a data URL or as a file.

    Raises:
        ImageError: the data URL isn't valid base64.
    """
    if isinstance(image, bytes):
        return image
    try:
        return base64.b64decode(image.partition(",")[2], validate=True)
    except ValueError as error:
        raise ImageError("The image isn't valid base64. Encode it again.", "damaged") from error


def _body(model: type[BaseModel], example: dict[str, Any], max_images: int) -> dict[str, Any]:
    """Return the OpenAPI description of a body, which is JSON or a form."""
    file = {"type": "string", "format": "binary"}
    options = _Options.model_json_schema()["properties"]
    files = file if max_images == 1 else {"type": "array", "items": file, "minItems": 1, "maxItems": max_images}
    form = {"type": "object", "required": [_FILE], "properties": {_FILE: files, **options}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": model.model_json_schema(), "example": example},
                "multipart/form-data": {"schema": form},
            },
        }
    }


def _example(digit: int) -> str:
    buffer = io.BytesIO()
    Image.fromarray(render(samples()[digit], CANVAS_SIDE)).resize((56, 56)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


SINGLE_BODY = _body(PredictRequest, {"image": _example(7)}, 1)
BATCH_BODY = _body(BatchRequest, {"images": [_example(7), _example(3)]}, MAX_BATCH_SIZE)


class BodyLimit:
    """Rejects bodies that are larger than any valid request, whatever their headers announce.

    Unlike FastAPI's own limit, it responds with the JSON that every other error has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_batch = scope.get("path", "").endswith("/batch")
        received, max_bytes = 0, _MAX_BATCH_BYTES if is_batch else _MAX_SINGLE_BYTES

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise HTTPException(413, f"The request is too large. Send at most {max_bytes // 2**20} MB.")
            return message

        await self.app(scope, receive_limited, send)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def _json(request: Request, model: type[T]) -> T:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise validation_problem(error) from error


async def _form(request: Request, max_images: int) -> ParsedRequest:
    try:
        form = await request.form(max_files=max_images, max_fields=2)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Problem(422, "wrong_request", str(error.detail)) from error
    files = form.getlist(_FILE)
    try:
        options = _Options.model_validate({name: value for name, value in form.items() if name != _FILE})
        if not files or not all(isinstance(file, UploadFile) for file in files):
            raise Problem(422, "wrong_request", f"{_FILE}: Send each image as a file under this name.")
        # One byte more than the limit is enough for the file to be rejected.
        images: list[str | bytes] = [await file.read(MAX_BYTES + 1) for file in files if isinstance(file, UploadFile)]
    except ValidationError as error:
        raise validation_problem(error) from error
    finally:
        await form.close()
    return ParsedRequest(images, Mode(options.mode), options.debug)
