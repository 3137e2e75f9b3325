"""Admission: decide which requests run now, which wait and which are turned away.

Python runs one thread at a time, so a hundred requests at once would all be late. These are the rules:

* **Rate limits.** Each caller may make a limited number of requests, which may take a limited number of seconds, in a
  window of time (``rate_limits.py``).
* **Places.** As many requests run at once as there are cores, and at least two, so that one can compute while another
  waits for the database. A run of the Draw page holds a place while it recognizes and saves, one of another page from
  beginning to end, and an API request while its image is recognized. Pages hold at most two places, because most of
  their work is Python.
* **Callers.** Images and pages of one address take one place at a time, and its images at most half of the queue.
  Drawings may take every place until some of them have taken long.
* **Waiting.** Free places go to pages and API requests in turn. Among each, callers whose runs recently took long come
  last. The others take turns, so that a caller with twenty requests waiting doesn't hold up everyone else.
* **Previews.** They show predictions while a user is still drawing, and are the first to go when the server is busy.
  One at a time has a place. While the pen moves, it gets one only if nobody waits; once the pen is lifted, it waits for
  0.15 seconds.
* **Busy.** An API request that has waited for five seconds is turned away, and so is one that finds DIGITREC_QUEUE
  others waiting. A page waits for twenty seconds: turned away, it would only go to the end of the line. The
  number of waiting pages isn't limited: each session has one run at a time, in a thread of its own.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from threading import Lock, local
from typing import TypeVar

from digitrec.errors import Busy, RateLimitExceeded, RateLimitStatus
from digitrec.server.cores import available_cores
from digitrec.server.metrics import QUEUE, REJECTED, STAGES
from digitrec.server.rate_limits import Limited, RateLimits

_PAGE_DEADLINE_SECONDS = 20.0
_API_DEADLINE_SECONDS = 5.0
_PREVIEW_DEADLINE_SECONDS = 0.15
_RETRY_SECONDS = 1.0
_PAGE_PLACES = 2
_MAX_WAITING_PREVIEWS = 30

T = TypeVar("T")


class _Place(Future[None]):
    """Done once a request gets its place, canceled if the request stops waiting for it."""

    def __init__(self, caller: str | None, charged: str | None, *, is_cheap: bool, took_long: bool) -> None:
        super().__init__()
        self.caller, self.charged, self.took_long = caller, charged, took_long
        self.turn = 0
        self._is_cheap = is_cheap

    @property
    def is_cheap(self) -> bool:
        """Whether the request probably takes little processor time."""
        return self._is_cheap and not self.took_long

    def must_wait_for(self, other: "_Place") -> bool:
        """Return whether this place must not be given out while another one is held."""
        return self.caller is not None and self.caller == other.caller and not (self.is_cheap or other.is_cheap)


class _Line:
    """Requests of one kind: those that wait for a place, and those that have one."""

    def __init__(self, places: int, deadline_seconds: float) -> None:
        self.places, self.deadline_seconds = places, deadline_seconds
        self.waiting: deque[_Place] = deque()
        self.held: list[_Place] = []
        self.turn = 0
        """The latest turn that was served."""

    def join(self, place: _Place) -> None:
        """Add a place to those that wait. Each request of a caller has a later turn than the one before it."""
        last = (other.turn for other in self.waiting if other.caller == place.caller is not None)
        place.turn = max([self.turn, *last]) + 1
        self.waiting.append(place)

    def in_order(self) -> list[_Place]:
        """Return the waiting places in the order in which they are given."""
        return sorted(self.waiting, key=lambda place: (place.took_long, place.turn))

    def give(self, place: _Place) -> bool:
        """Give a waiting place and return True, unless its request has just stopped waiting."""
        self.waiting.remove(place)
        is_given = place.set_running_or_notify_cancel()
        if is_given:
            place.set_result(None)
            self.turn = max(self.turn, place.turn)
            self.held.append(place)
        return is_given


class Admission:
    """The admission of one process, shared by pages and API."""

    def __init__(self, limits: RateLimits, queue: int, places: int | None = None) -> None:
        """Let ``places`` requests run at once and ``queue`` API requests wait."""
        self.limits, self.queue = limits, queue
        self.places = places or max(2, available_cores())
        self._pages = _Line(_PAGE_PLACES, _PAGE_DEADLINE_SECONDS)
        self._api_requests = _Line(self.places, _API_DEADLINE_SECONDS)
        self._previews = _Line(1, _PREVIEW_DEADLINE_SECONDS)
        self._lines = [self._pages, self._api_requests, self._previews]
        self._lock = Lock()
        self._thread = local()
        self._threads = ThreadPoolExecutor(self.places, "recognition")

    def count(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count a request and return the state of the rate limit. Raises RateLimitExceeded if it is reached."""
        with _rejections_counted():
            return self.limits.hit(limited, caller, cost)

    async def count_async(self, limited: Limited, caller: str, cost: int = 1) -> RateLimitStatus:
        """Count as ``count`` does, without blocking the event loop."""
        # Redis may be slow. Counting in memory is faster than switching to another thread.
        if self.limits.are_shared:
            return await asyncio.to_thread(self.count, limited, caller, cost)
        return self.count(limited, caller, cost)

    @contextmanager
    def work(self, limited: Limited, caller: str) -> Iterator[None]:
        """Count the time it takes to recognize an image. Raises RateLimitExceeded if the caller has none left."""
        with _rejections_counted(), self.limits.work(limited, caller):
            yield

    @contextmanager
    def page_run(
        self, caller: str | None = None, charged: str | None = None, *, is_cheap: bool = False
    ) -> Iterator[bool]:
        """Wait for a place and hold it during the run of a page. Yields False if the server is busy.

        ``caller`` is the address of the browser, and ``charged`` the name under which processor time is counted, if it
        is. ``is_cheap`` says that the run usually takes little of it. A run within a run shares its place.
        """
        if getattr(self._thread, "has_place", False):
            yield True
            return
        place = self._join(self._pages, caller, charged, is_cheap=is_cheap)
        try:
            with STAGES.labels("wait").time(), suppress(TimeoutError):
                place.result(self._pages.deadline_seconds)
            # The place may become free just as the wait ends, and then can't be canceled anymore.
            is_busy = place.cancel()
            if is_busy:
                REJECTED.labels("deadline").inc()
            self._thread.has_place = not is_busy
            with self.limits.processor_time(charged) if charged else nullcontext():
                yield not is_busy
        finally:
            self._thread.has_place = False
            self._leave(self._pages, place)

    async def run(self, work: Callable[[], T], caller: str | None = None) -> T:
        """Wait for a place without blocking a thread, then do the work of an API request in a thread of the pool.

        The work sees the context variables of the request. ``caller`` is the address that it comes from. Raises Busy if
        too many requests are waiting, or after the deadline.
        """
        charged = f"images of {caller}"
        place = self._join(self._api_requests, caller, charged)
        try:
            with STAGES.labels("wait").time():
                # Usually a place is free at once, and awaiting a future takes as long as a prediction.
                if not place.done():
                    try:
                        await asyncio.wait_for(asyncio.wrap_future(place), self._api_requests.deadline_seconds)
                    except TimeoutError:
                        raise _busy("deadline") from None
            timed = self.limits.processor_time(charged)(work)
            return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, timed)
        finally:
            self._leave(self._api_requests, place)

    async def preview(self, work: Callable[[], T], session: str, charged: str, *, is_lifted: bool) -> T:
        """Recognize a drawing whose pen is still moving, or was just lifted, in a thread of the pool.

        Raises Busy if others need the places, if the session asks too often, or if ``charged``, under whose name
        processor time is counted, has none left.
        """
        if not self.limits.allow_preview(session) or not self.limits.processor_time_left(charged):
            raise _preview_refused()
        with self._lock:
            is_busy = len(self._held()) >= self.places or any(line.waiting for line in self._lines)
            if is_busy and (not is_lifted or len(self._previews.waiting) >= _MAX_WAITING_PREVIEWS):
                raise _preview_refused()
        place = self._join(self._previews, charged, charged)
        try:
            if not place.done():
                try:
                    await asyncio.wait_for(asyncio.wrap_future(place), self._previews.deadline_seconds)
                except TimeoutError:
                    raise _preview_refused() from None
            timed = self.limits.processor_time(charged)(work)
            return await asyncio.get_running_loop().run_in_executor(self._threads, timed)
        finally:
            self._leave(self._previews, place)

    def _held(self) -> list[_Place]:
        return [place for line in self._lines for place in line.held]

    def _join(
        self, line: _Line, caller: str | None = None, charged: str | None = None, *, is_cheap: bool = False
    ) -> _Place:
        place = _Place(caller, charged, is_cheap=is_cheap, took_long=self._took_long(charged))
        with self._lock:
            line.join(place)
            self._give_places()
            of_caller = sum(other.caller == caller is not None for other in line.waiting)
            is_full = len(line.waiting) > self.queue or of_caller > max(1, self.queue // 2)
            if line is self._api_requests and not place.done() and is_full:
                line.waiting.pop()
                raise _busy("queue")
        QUEUE.inc()
        return place

    def _leave(self, line: _Line, place: _Place) -> None:
        QUEUE.dec()
        with self._lock:
            if place.cancel():
                with suppress(ValueError):
                    line.waiting.remove(place)
            else:
                line.held.remove(place)
                if same := [other for other in line.waiting if other.charged == place.charged]:
                    took_long = self._took_long(place.charged)
                    for other in same:
                        other.took_long = took_long
                self._give_places()

    def _took_long(self, charged: str | None) -> bool:
        """Return whether runs that are charged under this name took long lately."""
        return charged is not None and self.limits.processor_time_left(charged) < 1

    def _give_places(self) -> None:
        """Give free places to waiting requests. The caller must hold the lock."""
        while found := self._next_in_line():
            line, place = found
            if line.give(place):
                # The other lines are next.
                self._lines.sort(key=lambda other: other is line)

    def _next_in_line(self) -> tuple[_Line, _Place] | None:
        """Return the waiting request that gets a place now, with its line, or None."""
        held = self._held()
        for line in self._lines:
            if len(held) < self.places and len(line.held) < line.places:
                for place in line.in_order():
                    if not any(map(place.must_wait_for, held)):
                        return line, place
        return None


def _preview_refused() -> Busy:
    return Busy("The server is busy.", _RETRY_SECONDS)


@contextmanager
def _rejections_counted() -> Iterator[None]:
    try:
        yield
    except RateLimitExceeded:
        REJECTED.labels("limit").inc()
        raise


def _busy(by: str) -> Busy:
    REJECTED.labels(by).inc()
    return Busy("The server is busy. Try again in a second.", _RETRY_SECONDS)
