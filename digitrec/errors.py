"""The exceptions a caller of digitrec can meet.

Each message is one or two sentences for the person in front of the screen: what is wrong and what to do.
"""

from pathlib import Path
from typing import NamedTuple


class DigitrecError(Exception):
    """Anything digitrec refuses or cannot do."""


class ImageError(DigitrecError):
    """A picture that cannot be read; ``reason`` is one word for it, to count by."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ModelError(DigitrecError):
    """A model that cannot be used; ``path`` is the file in question."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class ModelMissing(ModelError):
    """A model file that is not there."""


class ModelBroken(ModelError):
    """A model file that is there and cannot be used."""


class MissingDataError(DigitrecError):
    """Training or test data that is not there."""


class TrainingMismatch(DigitrecError):
    """A training to go on with that is another one, or damaged."""


class StorageError(DigitrecError):
    """A history that cannot be written or read at the moment."""


class AccountClosed(StorageError):
    """A history whose account was deleted, disabled or signed out of."""


class RetryLater(DigitrecError):
    """Something that is done if it is asked for again, in ``seconds``."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class RateLimitStatus(NamedTuple):
    """What is left to somebody of what they may ask for in a while."""

    limit: int
    remaining: int
    reset_seconds: int
    """In how many seconds there is more again."""


class RateLimitExceeded(RetryLater):
    """More than somebody may ask for in a while."""

    def __init__(self, message: str, allowance: RateLimitStatus) -> None:
        super().__init__(message, allowance.reset_seconds)
        self.allowance = allowance


class Busy(RetryLater):
    """More than can be read at the moment."""


class SettingsError(DigitrecError):
    """Settings that cannot be read."""
