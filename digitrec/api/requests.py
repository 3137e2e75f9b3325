"""What comes in."""

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
_MOST_BYTES = 4 * MAX_BYTES
_MOST_BYTES_OF_ONE = MAX_BYTES * 3 // 2
"""In base64 a picture takes a third more."""
_FILE = "file"

T = TypeVar("T", bound=BaseModel)

DataURL = Annotated[str, Field(pattern=r"^data:[^,]*;base64,", description="a picture as a data URL in base64")]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["digit", "number"] = Field(
        "digit", description="what to read: one digit, or a whole number in one line"
    )
    debug: bool = Field(False, description="whether to show every step of preprocessing")


class PredictRequest(_Options):
    """One picture."""

    image: DataURL


class BatchRequest(_Options):
    """Pictures to be read one by one."""

    images: Annotated[list[DataURL], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """What a request asks for."""

    pictures: list[str | bytes]
    """Data URLs, or the bytes of files."""
    mode: Mode
    debug: bool


async def parse_single(request: Request) -> ParsedRequest:
    """The request for one picture: JSON with a data URL, or a form with a file.

    Raises:
        Problem: it is neither, or has another shape.
    """
    if _is_form(request):
        return await _form(request, 1)
    parsed = await _json(request, PredictRequest)
    return ParsedRequest([parsed.image], Mode(parsed.mode), parsed.debug)


async def parse_batch(request: Request) -> ParsedRequest:
    """The request for several pictures: JSON with data URLs, or a form with files.

    Raises:
        Problem: it is neither, or has another shape.
    """
    if _is_form(request):
        return await _form(request, MAX_BATCH_SIZE)
    parsed = await _json(request, BatchRequest)
    return ParsedRequest(list(parsed.images), Mode(parsed.mode), parsed.debug)


def decode_image_data(picture: str | bytes) -> bytes:
    """The bytes of the picture's file.

    Raises:
        ImageError: its base64 is damaged.
    """
    if isinstance(picture, bytes):
        return picture
    try:
        return base64.b64decode(picture.partition(",")[2], validate=True)
    except ValueError as error:
        raise ImageError("The base64 of the picture is damaged. Encode it again.", "damaged") from error


def _body(model: type[BaseModel], example: dict[str, Any], most: int) -> dict[str, Any]:
    """The two forms of a request's body, as OpenAPI describes them."""
    file = {"type": "string", "format": "binary"}
    options = _Options.model_json_schema()["properties"]
    files = file if most == 1 else {"type": "array", "items": file, "minItems": 1, "maxItems": most}
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
    """Takes no larger bodies than the API has use for, however they are announced.

    FastAPI's own limit answers in plain text, and not in the shape of every other error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        taken, most = 0, _MOST_BYTES if scope.get("path", "").endswith("/batch") else _MOST_BYTES_OF_ONE

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, f"A request may have {most // 2**20} MB at most.")
            return message

        await self.app(scope, limited, send)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def _json(request: Request, model: type[T]) -> T:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise validation_problem(error) from error


async def _form(request: Request, most: int) -> ParsedRequest:
    try:
        form = await request.form(max_files=most, max_fields=2)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Problem(422, "wrong_request", str(error.detail)) from error
    files = form.getlist(_FILE)
    try:
        options = _Options.model_validate({name: value for name, value in form.items() if name != _FILE})
        if not files or not all(isinstance(file, UploadFile) for file in files):
            raise Problem(422, "wrong_request", f"{_FILE}: A picture is to be sent as a file of this name.")
        # One byte more than is read is enough to be refused.
        pictures = [await file.read(MAX_BYTES + 1) for file in files if isinstance(file, UploadFile)]
    except ValidationError as error:
        raise validation_problem(error) from error
    finally:
        await form.close()
    return ParsedRequest(list(pictures), Mode(options.mode), options.debug)
