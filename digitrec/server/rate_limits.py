"""Rate limits: how much each caller may ask for in a moving window of time."""

import logging
import math
import time
from enum import StrEnum
from threading import Timer

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from digitrec.config import settings
from digitrec.errors import RateLimitExceeded, RateLimitStatus, SettingsError
from digitrec.server.circuit_breaker import CircuitBreaker

_REDIS_TIMEOUT_SECONDS = 0.5
_BREAKER_SECONDS = 5.0
_CLEANUP_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Limited(StrEnum):
    """What is limited: drawings and uploads on pages, images sent to the API."""

    DRAWINGS = "drawings"
    UPLOADS = "uploads"
    API = "api"

    @property
    def limit(self) -> RateLimitItem:
        """The limit in the settings: an amount and a window of time."""
        return parse(getattr(settings(), f"limit_{self}"))


class _Cleanup(Timer):
    """Replaces the timer with which the library deletes expired counts in a new thread after each hit.

    It is never started. When the library asks whether it is running, it deletes the counts itself if it is time.
    """

    due = 0.0

    def is_alive(self) -> bool:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + _CLEANUP_SECONDS
            self.function()
        return True


class RateLimits:
    """Request counts of every caller, in this process or, for replicas, in Redis.

    While Redis doesn't answer, each process counts on its own: a limit that is too generous is better than no service.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        """Count in this process, or in the Redis at ``redis_url``. Raises SettingsError if that is no Redis address."""
        storage = MemoryStorage()
        storage.timer = _Cleanup(0, storage.timer.function)
        self._local = MovingWindowRateLimiter(storage)
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else self._local
        self.are_shared = bool(redis_url)
        self._redis_breaker = CircuitBreaker(_BREAKER_SECONDS)

    def hit(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count a request and return what is left. Raises RateLimitExceeded, without counting, at the limit."""
        if not self._redis_breaker.is_open:
            try:
                return _hit(self._shared, limited, caller, cost)
            except StorageError as error:
                logger.warning("Redis doesn't respond, so each process counts alone: %s", error.storage_error)
                self._redis_breaker.record_failure()
        return _hit(self._local, limited, caller, cost)


def _redis(url: str) -> RedisStorage:
    seconds = _REDIS_TIMEOUT_SECONDS
    try:
        return RedisStorage(url, wrap_exceptions=True, socket_connect_timeout=seconds, socket_timeout=seconds)
    except ValueError as error:
        raise SettingsError("REDIS_URL is not the address of a Redis server, such as redis://host:6379.") from error


def _hit(limiter: MovingWindowRateLimiter, limited: Limited, caller: str, cost: int) -> RateLimitStatus:
    limit = limited.limit
    is_allowed = limiter.hit(limit, limited, caller, cost=cost)
    reset_time, remaining = limiter.get_window_stats(limit, limited, caller)
    seconds = max(1, math.ceil(reset_time - time.time()))
    status = RateLimitStatus(limit.amount, max(remaining, 0), seconds)
    if not is_allowed:
        raise RateLimitExceeded(f"Rate limit reached. Try again in {seconds} s.", status)
    return status
