"""Admission: the one place that decides who computes now, who waits, and who has to come back later.

Python executes one thread at a time. If everybody computed at once, everybody would be late, so:

* **Rate limits** stop a single caller from asking for more than their share (``rate_limits.py``).
* **Places** let as many computations go on at once as there are cores, and at least two, so that one can compute while
  the other waits for the database. The run of a page takes one place from its beginning to its end; an API request
  takes one for recognizing an image. Pages take two places at most, because their runs are mostly Python.
* **Waiting** is fair: free places go to pages and programs in turn, and to the one that has waited longest among each.
* **Busy** is whoever has waited for five seconds, and any program that arrives while DIGITREC_QUEUE programs wait. The
  number of waiting pages needs no limit: a session runs one at a time, in a thread that it has anyway.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from enum import Enum
from threading import Lock
from typing import TypeVar

from digitrec.errors import Busy, RateLimitExceeded, RateLimitStatus
from digitrec.server.cores import available_cores
from digitrec.server.metrics import QUEUE, REJECTED, STAGES
from digitrec.server.rate_limits import Limited, RateLimits

_DEADLINE_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_PAGE_PLACES = 2

T = TypeVar("T")
_Place = Future[None]
"""Done once the place is free for its owner, cancelled if the owner stopped waiting."""


class _Kind(Enum):
    PAGE = "page"
    PROGRAM = "program"


class Admission:
    """Rate limits, and a bounded number of places to compute in, for the pages and the API of a process."""

    def __init__(
        self,
        limits: RateLimits,
        queue: int,
        places: int | None = None,
        deadline_seconds: float = _DEADLINE_SECONDS,
    ) -> None:
        """Let ``queue`` programs wait, and as many callers compute at once as there are ``places``."""
        self.limits, self.queue, self.deadline_seconds = limits, queue, deadline_seconds
        self.places = places or max(2, available_cores())
        self._most = {_Kind.PAGE: min(_PAGE_PLACES, self.places), _Kind.PROGRAM: self.places}
        self._taken = dict.fromkeys(_Kind, 0)
        self._waiting: dict[_Kind, deque[_Place]] = {kind: deque() for kind in _Kind}
        self._turn = _Kind.PAGE
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(self.places, "recognition")

    def count(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count requests of a caller and return what is left to them.

        Raises:
            RateLimitExceeded: there are too many; they do not count.
        """
        try:
            return self.limits.hit(limited, caller, cost)
        except RateLimitExceeded:
            REJECTED.labels("limit").inc()
            raise

    async def count_async(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count as ``count`` does, without blocking the event loop."""
        # Redis may take its time. Counting in memory is faster than handing over to another thread.
        if self.limits.are_shared:
            return await asyncio.to_thread(self.count, limited, caller, cost)
        return self.count(limited, caller, cost)

    @contextmanager
    def page_run(self) -> Iterator[bool]:
        """Wait for a place for the run of a page and keep it for what follows; false if the server is busy."""
        place = self._join(_Kind.PAGE)
        try:
            with STAGES.labels("wait").time(), suppress(TimeoutError):
                place.result(self.deadline_seconds)
            # The place may come in the very moment in which the wait for it ends.
            is_busy = place.cancel()
            if is_busy:
                REJECTED.labels("deadline").inc()
            yield not is_busy
        finally:
            self._leave(_Kind.PAGE, place)

    async def run(self, work: Callable[[], T]) -> T:
        """Wait for a place without blocking a thread, then do the work of a program in a thread of the pool.

        The thread sees the context variables of the caller.

        Raises:
            Busy: too many programs are waiting, or the deadline passed.
        """
        place = self._join(_Kind.PROGRAM)
        try:
            with STAGES.labels("wait").time():
                # Most places are free at once, and waiting for a future takes as long as a prediction.
                if not place.done():
                    try:
                        await asyncio.wait_for(asyncio.wrap_future(place), self.deadline_seconds)
                    except TimeoutError:
                        raise _busy("deadline") from None
            return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        finally:
            self._leave(_Kind.PROGRAM, place)

    def _join(self, kind: _Kind) -> _Place:
        place = _Place()
        with self._lock:
            self._waiting[kind].append(place)
            self._give_places()
            if kind is _Kind.PROGRAM and len(self._waiting[kind]) > self.queue:
                self._waiting[kind].pop()
                raise _busy("queue")
        QUEUE.inc()
        return place

    def _leave(self, kind: _Kind, place: _Place) -> None:
        QUEUE.dec()
        with self._lock:
            if place.cancel():
                with suppress(ValueError):
                    self._waiting[kind].remove(place)
            else:
                self._taken[kind] -= 1
            self._give_places()

    def _give_places(self) -> None:
        """Give free places to those that wait; the caller holds the lock."""
        while sum(self._taken.values()) < self.places:
            admissible = [kind for kind in _Kind if self._waiting[kind] and self._taken[kind] < self._most[kind]]
            if not admissible:
                return
            kind = self._turn if self._turn in admissible else admissible[0]
            place = self._waiting[kind].popleft()
            if place.set_running_or_notify_cancel():
                place.set_result(None)
                self._taken[kind] += 1
                self._turn = _Kind.PROGRAM if kind is _Kind.PAGE else _Kind.PAGE


def _busy(by: str) -> Busy:
    REJECTED.labels(by).inc()
    return Busy("The server is busy. Try again in a second.", _RETRY_SECONDS)
