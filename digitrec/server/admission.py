"""Admission: decide which requests run now, which wait and which are turned away.

Python runs one thread at a time, so a hundred requests at once would all be slow. These are the rules:

* **Rate limits.** Each caller may make a limited number of requests, which may take a limited number of seconds, in a
  window of time (``rate_limits.py``).
* **Slots.** As many requests run at once as there are cores, and at least two, so that one can compute while another
  waits for the database. A run of the Draw page holds a slot while it recognizes and saves, one of another page from
  beginning to end, and an API request while its image is recognized. Pages hold at most two slots, because most of
  their work is Python.
* **Callers.** Images and pages of one address take one slot at a time, and its images at most half of the queue.
  Drawings may take every slot until some of them have taken a long time.
* **Waiting.** Free slots go to pages and API requests alternately. Among each, callers whose runs were slow recently
  come last. The others are served round-robin, so that a caller with twenty requests waiting doesn't hold up everyone.
* **Previews.** While the pen moves, one preview at a time gets a slot, if nobody else waits for one. Once the pen is
  lifted, the preview is the final prediction, so it goes first: it runs in addition to the slots, one at a time, and no
  slot is given out while one runs or waits. It waits for at most a second. Callers whose runs were slow recently don't
  go first.
* **Busy.** An API request that has waited for five seconds is turned away, and so is one that finds DIGITREC_QUEUE
  others waiting. A page waits for twenty seconds: turned away, it would only go to the end of the line. The
  number of waiting pages isn't limited: each session has one run at a time, in a separate thread.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from threading import Lock, local
from typing import TypeVar

from digitrec.errors import Busy
from digitrec.server.cores import available_cores
from digitrec.server.metrics import QUEUE, REJECTED, STAGES
from digitrec.server.rate_limits import RateLimits

_PAGE_DEADLINE_SECONDS = 20.0
_API_DEADLINE_SECONDS = 5.0
_PREVIEW_DEADLINE_SECONDS = 0.15
_LIFTED_DEADLINE_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_PAGE_SLOTS = 2
_MAX_WAITING_PREVIEWS = 100

T = TypeVar("T")


class _Slot(Future[None]):
    """Done once a request gets its slot, canceled if the request stops waiting for it."""

    def __init__(self, caller: str, charged: str, *, is_cheap: bool, took_long: bool) -> None:
        super().__init__()
        self.caller, self.charged, self.took_long = caller, charged, took_long
        self.round = 0
        self._is_cheap = is_cheap

    @property
    def is_cheap(self) -> bool:
        """Whether the request probably takes little processor time."""
        return self._is_cheap and not self.took_long

    def must_wait_for(self, other: "_Slot") -> bool:
        """Return whether this slot must not be given out while another one is held."""
        return self.caller == other.caller and not (self.is_cheap or other.is_cheap)


class _Line:
    """Requests of one kind: those that wait for a slot, and those that have one."""

    def __init__(self, slots: int, deadline_seconds: float) -> None:
        self.slots, self.deadline_seconds = slots, deadline_seconds
        self.waiting: deque[_Slot] = deque()
        self.held: list[_Slot] = []
        self.round = 0
        """The latest round that was served."""

    def join(self, slot: _Slot) -> None:
        """Add a slot to those that wait. Each request of a caller belongs to a later round than the one before."""
        last = (other.round for other in self.waiting if other.caller == slot.caller)
        slot.round = max([self.round, *last]) + 1
        self.waiting.append(slot)

    async def wait(self, slot: _Slot) -> bool:
        """Wait for a slot without blocking a thread, and return whether it was given in time."""
        # Usually a slot is free at once, and awaiting a future takes as long as a prediction.
        if not slot.done():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(slot), self.deadline_seconds)
        return not slot.cancel()

    def in_order(self) -> list[_Slot]:
        """Return the waiting slots in the order in which they are given."""
        return sorted(self.waiting, key=lambda slot: (slot.took_long, slot.round))

    def give(self, slot: _Slot) -> bool:
        """Give a waiting slot and return True, unless its request has just stopped waiting."""
        self.waiting.remove(slot)
        is_given = slot.set_running_or_notify_cancel()
        if is_given:
            slot.set_result(None)
            self.round = max(self.round, slot.round)
            self.held.append(slot)
        return is_given


class Admission:
    """The admission of one process, shared by pages and API."""

    def __init__(self, limits: RateLimits, queue: int, slots: int | None = None) -> None:
        """Let ``slots`` requests run at once and ``queue`` API requests wait."""
        self.limits, self.queue = limits, queue
        self.slots = slots or max(2, available_cores())
        self._pages = _Line(_PAGE_SLOTS, _PAGE_DEADLINE_SECONDS)
        self._api_requests = _Line(self.slots, _API_DEADLINE_SECONDS)
        self._previews = _Line(1, _PREVIEW_DEADLINE_SECONDS)
        self._lifted = _Line(1, _LIFTED_DEADLINE_SECONDS)
        self._lines = [self._pages, self._api_requests, self._previews]
        self._lock = Lock()
        self._thread = local()
        self._threads = ThreadPoolExecutor(self.slots + self._lifted.slots, "recognition")

    @contextmanager
    def page_run(self, caller: str, charged: str, *, is_cheap: bool = False) -> Iterator[bool]:
        """Wait for a slot and hold it during the run of a page. Yields False if the server is busy.

        ``caller`` is the address of the browser, and ``charged`` the name under which processor time is counted.
        ``is_cheap`` says that the run usually takes little of it. A run within a run shares its slot.
        """
        if getattr(self._thread, "has_slot", False):
            yield True
            return
        slot = self._join(self._pages, caller, charged, is_cheap=is_cheap)
        try:
            with STAGES.labels("wait").time(), suppress(TimeoutError):
                slot.result(self._pages.deadline_seconds)
            # The slot may become free just as the wait ends, and then can't be canceled anymore.
            is_busy = slot.cancel()
            if is_busy:
                REJECTED.labels("deadline").inc()
            self._thread.has_slot = not is_busy
            with self.limits.processor_time(charged):
                yield not is_busy
        finally:
            self._thread.has_slot = False
            self._leave(self._pages, slot)

    async def run(self, work: Callable[[], T], caller: str) -> T:
        """Wait for a slot without blocking a thread, then do the work of an API request in a thread of the pool.

        The work sees the context variables of the request. ``caller`` is the address that it comes from. Raises Busy if
        too many requests are waiting, or after the deadline.
        """
        charged = f"images of {caller}"
        slot = self._join(self._api_requests, caller, charged)
        try:
            with STAGES.labels("wait").time():
                if not await self._api_requests.wait(slot):
                    raise _busy("deadline")
            return await self._run_charged(work, charged)
        finally:
            self._leave(self._api_requests, slot)

    async def preview(self, work: Callable[[], T], session: str, charged: str, *, is_lifted: bool) -> T:
        """Recognize a drawing whose pen is still moving, or was just lifted, in a thread of the pool.

        Raises Busy if others need the slots, if the session asks too often, or if ``charged``, under whose name
        processor time is counted, has none left.
        """
        if not self.limits.allow_preview(session) or not self.limits.processor_time_left(charged):
            raise _preview_refused()
        line = self._lifted if is_lifted and not self._took_long(charged) else self._previews
        with self._lock:
            is_busy = len(self._held()) >= self.slots or any(other.waiting for other in [self._lifted, *self._lines])
            if is_busy and (not is_lifted or len(line.waiting) >= _MAX_WAITING_PREVIEWS):
                raise _preview_refused()
        slot = self._join(line, charged, charged)
        try:
            if not await line.wait(slot):
                raise _preview_refused()
            return await self._run_charged(work, charged)
        finally:
            self._leave(line, slot)

    async def _run_charged(self, work: Callable[[], T], charged: str) -> T:
        timed = self.limits.processor_time(charged)(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, timed)

    def _held(self) -> list[_Slot]:
        return [slot for line in self._lines for slot in line.held]

    def _join(self, line: _Line, caller: str, charged: str, *, is_cheap: bool = False) -> _Slot:
        slot = _Slot(caller, charged, is_cheap=is_cheap, took_long=self._took_long(charged))
        with self._lock:
            line.join(slot)
            self._give_slots()
            of_caller = sum(other.caller == caller for other in line.waiting)
            is_full = len(line.waiting) > self.queue or of_caller > max(1, self.queue // 2)
            if line is self._api_requests and not slot.done() and is_full:
                line.waiting.pop()
                raise _busy("queue")
        QUEUE.inc()
        return slot

    def _leave(self, line: _Line, slot: _Slot) -> None:
        QUEUE.dec()
        with self._lock:
            if slot.cancel():
                with suppress(ValueError):
                    line.waiting.remove(slot)
            else:
                line.held.remove(slot)
                if same := [other for other in line.waiting if other.charged == slot.charged]:
                    took_long = self._took_long(slot.charged)
                    for other in same:
                        other.took_long = took_long
                self._give_slots()

    def _took_long(self, charged: str) -> bool:
        """Return whether runs that are charged under this name were slow recently."""
        return self.limits.processor_time_left(charged) < 1

    def _give_slots(self) -> None:
        """Give free slots to waiting requests. The caller must hold the lock."""
        while found := self._next_in_line():
            line, slot = found
            if line.give(slot):
                # The other lines are next.
                self._lines.sort(key=lambda other: other is line)

    def _next_in_line(self) -> tuple[_Line, _Slot] | None:
        """Return the waiting request that gets a slot now, with its line, or None."""
        if self._lifted.waiting or self._lifted.held:
            return None if self._lifted.held else (self._lifted, self._lifted.in_order()[0])
        held = self._held()
        for line in self._lines:
            if len(held) < self.slots and len(line.held) < line.slots:
                for slot in line.in_order():
                    if not any(map(slot.must_wait_for, held)):
                        return line, slot
        return None


def _preview_refused() -> Busy:
    return Busy("The server is busy.", _RETRY_SECONDS)


def _busy(by: str) -> Busy:
    REJECTED.labels(by).inc()
    return Busy("The server is busy. Try again in a second.", _RETRY_SECONDS)
