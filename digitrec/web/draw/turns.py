"""Turns for runs of a page that many ask for at once.

Runs that compute at the same time share one interpreter in slices of a few milliseconds, and with each statement of the
database they line up for it anew: of a hundred all are late, where one after the other half would be done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore

from digitrec.server.metrics import STAGES


class Turns:
    """Lets so many runs go on at once; whoever has waited for so many seconds goes on all the same."""

    def __init__(self, at_once: int, longest_seconds: float) -> None:
        self._free, self._longest_seconds = Semaphore(at_once), longest_seconds

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and have it until the end of what is within, or of the function this decorates."""
        with STAGES.labels("turn").time():
            has_come = self._free.acquire(timeout=self._longest_seconds)
        try:
            yield
        finally:
            if has_come:
                self._free.release()


# One computes while the other waits for the disk or the database.
RUNS = Turns(at_once=2, longest_seconds=5.0)
