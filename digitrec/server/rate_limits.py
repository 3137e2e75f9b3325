"""How much anybody may ask for in a while, so that there is enough for everybody."""

import logging
import math
import time
from enum import StrEnum
from functools import cache
from threading import Timer

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from digitrec.config import settings
from digitrec.errors import RateLimitExceeded, RateLimitStatus, SettingsError
from digitrec.server.circuit_breaker import CircuitBreaker
from digitrec.server.metrics import REJECTED

_ANSWER_SECONDS = 0.5
_BREAKER_SECONDS = 5.0
_FORGET_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Limited(StrEnum):
    """What is limited."""

    DRAWINGS = "drawings"
    UPLOADS = "uploads"
    API = "api"

    @property
    def limit(self) -> RateLimitItem:
        """How many there may be in which time, as the settings say."""
        return parse(getattr(settings(), f"limit_{self}"))


class RateLimits:
    """Counts what everybody asked for in a moving window, in this process or, for replicas, in Redis.

    While Redis does not answer, each process counts for itself: a limit that is too wide is better than no service.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        """Count in this process, or in the Redis of a URL.

        Raises:
            SettingsError: the URL is none of a Redis.
        """
        self._here = MovingWindowRateLimiter(_memory())
        self._shared = self._here
        self.are_shared = bool(redis_url)
        if redis_url:
            self._shared = MovingWindowRateLimiter(_redis(redis_url))
        self._redis_breaker = CircuitBreaker(_BREAKER_SECONDS)

    def hit(self, what: Limited, who: str, cost: int = 1) -> RateLimitStatus:
        """Count something that somebody asks for, and return what is left to them.

        Raises:
            TooMany: it is more than they may; it does not count.
        """
        if not self._redis_breaker.is_open:
            try:
                return _hit(self._shared, what, who, cost)
            except StorageError as error:
                logger.warning(
                    "Limits are counted by each process alone, Redis does not answer: %s", error.storage_error
                )
                self._redis_breaker.record_failure()
        return _hit(self._here, what, who, cost)


def rate_limits() -> RateLimits:
    """The limits of this process, which pages and API share."""
    return _rate_limits(settings().redis_url)


_rate_limits = cache(RateLimits)


def _memory() -> MemoryStorage:
    storage = MemoryStorage()
    forget_old = storage.timer.function

    def forget_now_and_then() -> None:
        while True:
            time.sleep(_FORGET_SECONDS)
            forget_old()

    # While its timer lives, the library starts none of its own, which it does after each hit, in a new thread.
    storage.timer = Timer(0, forget_now_and_then)
    storage.timer.daemon = True
    storage.timer.start()
    return storage


def _redis(url: str) -> RedisStorage:
    try:
        return RedisStorage(
            url, wrap_exceptions=True, socket_connect_timeout=_ANSWER_SECONDS, socket_timeout=_ANSWER_SECONDS
        )
    except ValueError as error:
        raise SettingsError("REDIS_URL is no address of a Redis, such as redis://host:6379.") from error


def _hit(limiter: MovingWindowRateLimiter, what: Limited, who: str, cost: int) -> RateLimitStatus:
    limit = what.limit
    allowed = limiter.hit(limit, what, who, cost=cost)
    reset_time, remaining = limiter.get_window_stats(limit, what, who)
    seconds = max(1, math.ceil(reset_time - time.time()))
    status = RateLimitStatus(limit.amount, max(remaining, 0), seconds)
    if not allowed:
        REJECTED.labels("limit").inc()
        raise RateLimitExceeded(
            f"{limit.amount} in {limit.get_expiry()} seconds are the most. Ask again in {seconds}.", status
        )
    return status
