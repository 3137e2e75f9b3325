"""The exceptions of digitrec. Their messages tell users in one or two sentences what happened and what to do."""

from pathlib import Path
from typing import NamedTuple


class DigitrecError(Exception):
    """Base class of all exceptions of digitrec."""


class ImageError(DigitrecError):
    """An image can't be read. ``reason`` is one word for metrics."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class DrawingError(DigitrecError):
    """A drawing is too large, or the canvas sent something that isn't a drawing."""


class ModelError(DigitrecError):
    """A model can't be used. ``path`` is its file."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class ModelMissing(ModelError):
    """A model file doesn't exist."""


class ModelBroken(ModelError):
    """A model file exists but can't be used."""


class MissingDataError(DigitrecError):
    """Training or test data doesn't exist."""


class TrainingMismatch(DigitrecError):
    """A checkpoint belongs to another training run or is damaged."""


class StorageError(DigitrecError):
    """The history can't be read or written at the moment."""


class AccountClosed(StorageError):
    """The account of a history was deleted, disabled or signed out."""


class RetryLater(DigitrecError):
    """A request was turned away. It may succeed after ``seconds``."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class RateLimitStatus(NamedTuple):
    """A rate limit and how much of it is left."""

    limit: int
    remaining: int
    reset_seconds: int  # Seconds until more requests are allowed.


class RateLimitExceeded(RetryLater):
    """A user or API key reached its rate limit."""

    def __init__(self, message: str, status: RateLimitStatus) -> None:
        super().__init__(message, status.reset_seconds)
        self.status = status


class Busy(RetryLater):
    """The server has no time for a request now, or is stopping."""


class SettingsError(DigitrecError):
    """A setting is invalid."""
