"""Errors of the API itself, which all have the same shape."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from digitrec.errors import Busy, RetryLater
from digitrec.server.logging import request_id


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(description="a word for programs to check", examples=["not_a_picture"])
    message: str = Field(
        description="what happened and what to do",
        examples=["Unsupported file type. Use PNG, JPEG, WebP, HEIC, AVIF, TIFF, BMP or GIF."],
    )
    request_id: str = Field(description="the ID of this request in the server's log", examples=["0123456789abcdef"])


class ErrorResponse(BaseModel):
    """The response to a request that failed."""

    error: ErrorDetail


class Problem(Exception):
    """A request that failed, with the status and the error of its response."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    @property
    def detail(self) -> ErrorDetail:
        """The error as the response shows it."""
        return ErrorDetail(code=self.code, message=self.message, request_id=request_id.get())

    @property
    def response(self) -> JSONResponse:
        """The response."""
        return JSONResponse(ErrorResponse(error=self.detail).model_dump(), self.status, dict(self.headers or {}))


_CODES = {404: "not_found", 405: "method_not_allowed", 408: "too_slow", 429: "too_many_requests"}
_MESSAGES = {
    404: "There is nothing at this address. See /api/docs.",
    405: "This address doesn't support this method. See /api/docs.",
}


def retry_later_problem(error: RetryLater) -> Problem:
    """Return the 429 for a request that may be repeated later."""
    code = "busy" if isinstance(error, Busy) else "too_many_requests"
    return Problem(429, code, str(error), {"Retry-After": f"{error.seconds:.0f}"})


async def handle_problem(request: Request, error: Exception) -> JSONResponse:
    """Return the response to an exception that was raised while a request was handled."""
    if isinstance(error, HTTPException):
        # Starlette's status for a broken form is 400, but every other invalid request gets a 422.
        status = 422 if error.status_code == 400 else error.status_code
        message = _MESSAGES.get(status, str(error.detail))
        error = Problem(status, _CODES.get(status, "wrong_request"), message, error.headers)
    assert isinstance(error, Problem)
    return error.response
