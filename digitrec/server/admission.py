"""The queue before the network: as many pictures are read at once as there are cores, and some may wait."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from threading import Lock
from typing import TypeVar

from digitrec.config import settings
from digitrec.errors import Busy
from digitrec.server.metrics import QUEUE, REJECTED, STAGES

_DEADLINE_SECONDS = 5.0
_AGAIN_SECONDS = 1.0

T = TypeVar("T")
Turn = Future[None]
"""Done when it has come."""


class ReadingQueue:
    """Has pictures read in turns; only so many wait for theirs, and nobody longer than a deadline."""

    def __init__(
        self, longest: int, at_once: int = os.cpu_count() or 1, deadline_seconds: float = _DEADLINE_SECONDS
    ) -> None:
        self._longest, self._free, self._deadline_seconds = longest, at_once, deadline_seconds
        self._waiting: deque[Turn] = deque()
        self._changing = Lock()
        self._threads = ThreadPoolExecutor(at_once, "reading")

    def read(self, work: Callable[[], T]) -> T:
        """What the work returns or raises, done in this thread when its turn has come.

        It goes before all that waits without a thread: a page waits for its turn to run already, and keeps others from
        theirs until it is done.

        Raises:
            Busy: too many wait already, or the deadline passed.
        """
        turn = self._line_up(deque.appendleft)
        try:
            with STAGES.labels("wait").time():
                try:
                    turn.result(self._deadline_seconds)
                except TimeoutError:
                    raise _busy("deadline") from None
            return work()
        finally:
            self._leave(turn)

    async def read_async(self, work: Callable[[], T]) -> T:
        """As ``read``, waiting without a thread and then working in another one."""
        turn = self._line_up(deque.append)
        try:
            with STAGES.labels("wait").time():
                # Most often its turn has come at once, and waiting costs as much as reading.
                if not turn.done():
                    try:
                        await asyncio.wait_for(asyncio.wrap_future(turn), self._deadline_seconds)
                    except TimeoutError:
                        raise _busy("deadline") from None
            return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        finally:
            self._leave(turn)

    def _line_up(self, join: Callable[[deque[Turn], Turn], None]) -> Turn:
        turn = Turn()
        with self._changing:
            if self._free:
                self._free -= 1
                turn.set_result(None)
            elif len(self._waiting) < self._longest:
                join(self._waiting, turn)
            else:
                raise _busy("queue")
        QUEUE.inc()
        return turn

    def _leave(self, turn: Turn) -> None:
        QUEUE.dec()
        with self._changing:
            if turn.cancel():
                # It never came.
                with suppress(ValueError):
                    self._waiting.remove(turn)
                return
            while self._waiting:
                following = self._waiting.popleft()
                if following.set_running_or_notify_cancel():
                    following.set_result(None)
                    return
            self._free += 1


def reading_queue() -> ReadingQueue:
    """The one queue of this process, which pages and API share."""
    return _queue(settings().queue)


_queue = cache(ReadingQueue)


def _busy(by: str) -> Busy:
    REJECTED.labels(by).inc()
    return Busy("Too many pictures are waiting to be read at the moment. Try again in a second.", _AGAIN_SECONDS)
