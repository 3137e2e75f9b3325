"""The one shape of everything that goes wrong."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from digitrec.errors import RetryLater
from digitrec.server.logging import request_id


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(examples=["not_a_picture"])
    """One word for it, to decide by."""
    message: str = Field(examples=["Unsupported file type. Use PNG, JPEG, WebP, HEIC, AVIF, TIFF, BMP or GIF."])
    """A sentence or two for people: what is wrong and what to do."""
    request_id: str = Field(examples=["0123456789abcdef"])
    """What the server's log calls the request."""


class ErrorResponse(BaseModel):
    """The answer to a request that came to nothing."""

    error: ErrorDetail


class Problem(Exception):
    """A request that comes to nothing, with its status."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    @property
    def fault(self) -> ErrorDetail:
        """What is told of it."""
        return ErrorDetail(code=self.code, message=self.message, request_id=request_id.get())

    @property
    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(ErrorResponse(error=self.fault).model_dump(), self.status, dict(self.headers or {}))


_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_SENTENCES = {
    404: "There is nothing here. What there is stands in /api/docs.",
    405: "This is asked for in another way, which stands in /api/docs.",
}


def retry_later_problem(error: RetryLater, code: str) -> Problem:
    """What may be asked for again, in how many seconds."""
    return Problem(429, code, str(error), {"Retry-After": f"{error.seconds:.0f}"})


def validation_problem(error: ValidationError | RequestValidationError) -> Problem:
    """A request that is not as it should be; nothing of what was sent is repeated."""
    first: dict[str, Any] = dict(error.errors()[0])
    where = ".".join(str(part) for part in first["loc"])
    return Problem(422, "wrong_request", f"{where}: {first['msg']}." if where else f"{first['msg']}.")


async def handle_problem(request: Request, error: Exception) -> JSONResponse:
    """The answer to whatever was raised while a request was handled."""
    if isinstance(error, RequestValidationError):
        error = validation_problem(error)
    if isinstance(error, HTTPException):
        sentence = _SENTENCES.get(error.status_code, str(error.detail))
        code = _CODES.get(error.status_code, "wrong_request")
        error = Problem(error.status_code, code, sentence, error.headers)
    assert isinstance(error, Problem)
    return error.response
