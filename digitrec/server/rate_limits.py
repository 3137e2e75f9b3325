"""Rate limits: how much each caller may ask for in a moving window of time.

Some images take much longer than others, so a limit of 600 images per minute also allows only 600 times 0.1 seconds of
work. The time is known only afterward, so callers are refused once they have used theirs up.

The processor time of pages and previews is counted for 10 seconds: callers who used some are served last, and those who
used 8 seconds get no previews. Runs that take less than 0.05 seconds, as those for drawings usually do, don't count.
"""

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from threading import Timer
from time import perf_counter, thread_time
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from digitrec.config import settings
from digitrec.errors import RateLimitExceeded, RateLimitStatus, SettingsError
from digitrec.server.circuit_breaker import CircuitBreaker
from digitrec.server.metrics import REJECTED

_REDIS_TIMEOUT_SECONDS = 0.5
_BREAKER_SECONDS = 5.0
_CLEANUP_SECONDS = 10.0
_PREVIEW_LIMIT = parse("15/second")  # The browser sends at most 10, and one more when the pen is lifted.
_WORK_PER_SECOND = 10  # Units of work: as many as images are allowed, or 0.1 seconds for each.
_PROCESSOR_LIMIT = parse("160/10 seconds")  # Units of processor time.
_PROCESSOR_UNIT_SECONDS = 0.05

T = TypeVar("T")

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

    It is never started. When the library asks whether it is running, and it is time, it deletes the expired counts
    itself. It also deletes callers without counts, which the library would keep forever.
    """

    due = 0.0

    def __init__(self, storage: MemoryStorage) -> None:
        super().__init__(0, storage.timer.function)
        # A caller may be deleted while another thread counts its request, which would raise KeyError with a plain dict.
        self.counts = storage.events = defaultdict(list)

    def is_alive(self) -> bool:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + _CLEANUP_SECONDS
            self.function()
            for caller in list(self.counts):
                if not self.counts.get(caller):
                    self.counts.pop(caller, None)
        return True


class RateLimits:
    """Request counts of every caller, in this process or, for replicas, in Redis.

    While Redis isn't responding, each process counts separately: a limit that is too generous is better than no
    service.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        """Count in this process, or in the Redis at ``redis_url``. Raises SettingsError if that is no Redis address."""
        storage = MemoryStorage()
        storage.timer = _Cleanup(storage)
        self._local = MovingWindowRateLimiter(storage)
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else self._local
        self._redis_breaker = CircuitBreaker(_BREAKER_SECONDS)

    def hit(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count a request and return what is left. At the limit, raises RateLimitExceeded and counts nothing."""
        return self._count(
            lambda limiter: _status(limiter, limited, caller, limiter.hit(limited.limit, limited, caller, cost=cost))
        )

    async def hit_async(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count as ``hit`` does, without blocking the event loop."""
        # Redis may be slow. Counting in memory is faster than switching to another thread.
        if self._shared is self._local:
            return self.hit(limited, caller, cost)
        return await asyncio.to_thread(self.hit, limited, caller, cost)

    def allow_preview(self, caller: str) -> bool:
        """Return whether a session may have another preview now. Each process counts for itself."""
        return self._local.hit(_PREVIEW_LIMIT, "previews", caller)

    def processor_time_left(self, caller: str) -> float:
        """Return what share of its processor time a caller has left, 0 to 1. Each process counts for itself."""
        return self._local.get_window_stats(_PROCESSOR_LIMIT, "processor", caller).remaining / _PROCESSOR_LIMIT.amount

    @contextmanager
    def processor_time(self, caller: str) -> Iterator[None]:
        """Count the processor time that this thread spends inside the context."""
        start = thread_time()
        try:
            yield
        finally:
            # The time a thread waits for others is not counted: a busy server would make every run expensive.
            for _ in range(int((thread_time() - start) / _PROCESSOR_UNIT_SECONDS)):
                self._local.hit(_PROCESSOR_LIMIT, "processor", caller)

    @contextmanager
    def work(self, limited: Limited, caller: str) -> Iterator[None]:
        """Count the time spent inside the context. Raises RateLimitExceeded if the caller has none left."""
        worker = f"work of {caller}"
        self._count(lambda limiter: _status(limiter, limited, worker, limiter.test(limited.limit, limited, worker)))
        start = perf_counter()
        try:
            yield
        finally:
            # Rounding down makes drawings and small images free.
            units = int((perf_counter() - start) * _WORK_PER_SECOND)
            # One at a time: if a cost exceeds what is left, the library counts none of it.
            for _ in range(units):
                if not self._count(lambda limiter: limiter.hit(limited.limit, limited, worker)):
                    break

    def _count(self, count: Callable[[MovingWindowRateLimiter], T]) -> T:
        if not self._redis_breaker.is_open:
            try:
                return count(self._shared)
            except StorageError as error:
                logger.warning("Redis isn't responding, so each process counts separately: %s", error.storage_error)
                self._redis_breaker.record_failure()
        return count(self._local)


def _redis(url: str) -> RedisStorage:
    seconds = _REDIS_TIMEOUT_SECONDS
    try:
        return RedisStorage(url, wrap_exceptions=True, socket_connect_timeout=seconds, socket_timeout=seconds)
    except ValueError as error:
        raise SettingsError("REDIS_URL is not the address of a Redis server, such as redis://host:6379.") from error


def _status(limiter: MovingWindowRateLimiter, limited: Limited, caller: str, is_allowed: bool) -> RateLimitStatus:
    """Return how much of a limit is left. Raises RateLimitExceeded if the request isn't allowed."""
    limit = limited.limit
    reset_time, remaining = limiter.get_window_stats(limit, limited, caller)
    status = RateLimitStatus(limit.amount, max(remaining, 0), max(1, math.ceil(reset_time - time.time())))
    if not is_allowed:
        REJECTED.labels("limit").inc()
        raise RateLimitExceeded(f"Rate limit reached. Try again in {status.reset_seconds} s.", status)
    return status
