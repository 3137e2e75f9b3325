"""The queue before the network: as many pictures are read at once as there are cores, and some may wait."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from threading import Semaphore
from time import perf_counter
from typing import TypeVar

from digitrec.errors import Busy
from digitrec.metrics import QUEUE, REJECTED, STAGES
from digitrec.settings import settings

_DEADLINE_SECONDS = 5.0
_AGAIN_SECONDS = 1.0

T = TypeVar("T")


class ReadingQueue:
    """Reads pictures in threads of its own; nobody waits in it longer than a deadline, and only so many do."""

    def __init__(
        self, longest: int, at_once: int = os.cpu_count() or 1, deadline_seconds: float = _DEADLINE_SECONDS
    ) -> None:
        self._threads = ThreadPoolExecutor(at_once, "reading")
        self._room = Semaphore(longest + at_once)
        self._deadline_seconds = deadline_seconds

    def read(self, work: Callable[[], T]) -> T:
        """What the work returns or raises, when its turn has come.

        Raises:
            Busy: there is no room in the queue, or the deadline passed.
        """
        future = self._enter(work)
        try:
            return future.result(self._deadline_seconds)
        except TimeoutError:
            future.cancel()
            raise _busy("deadline") from None

    async def read_async(self, work: Callable[[], T]) -> T:
        """As ``read``, without holding a thread while it waits."""
        future = asyncio.wrap_future(self._enter(work))
        try:
            return await asyncio.wait_for(future, self._deadline_seconds)
        except TimeoutError:
            raise _busy("deadline") from None

    def _enter(self, work: Callable[[], T]) -> Future[T]:
        if not self._room.acquire(blocking=False):
            raise _busy("queue")
        context, start = copy_context(), perf_counter()

        def run() -> T:
            STAGES.labels("wait").observe(perf_counter() - start)
            return context.run(work)

        QUEUE.inc()
        future = self._threads.submit(run)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, future: Future[T]) -> None:
        QUEUE.dec()
        self._room.release()


def reading_queue() -> ReadingQueue:
    """The one queue of this process, which pages and API share."""
    return _queue(settings().queue)


_queue = cache(ReadingQueue)


def _busy(by: str) -> Busy:
    REJECTED.labels(by).inc()
    return Busy("Too many pictures are waiting to be read at the moment. Try again in a second.", _AGAIN_SECONDS)
