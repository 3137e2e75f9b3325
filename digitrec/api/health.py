"""Health checks: whether each part of the server works."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field
from sqlalchemy import select

from digitrec.accounts.users import LOCAL_USER
from digitrec.services import Services
from digitrec.storage.history import History

_DEADLINE_SECONDS = 5
_FRESH_SECONDS = 2
_DOT = np.zeros((1, 1), np.uint8)

State = Literal["ok", "failing"]

logger = logging.getLogger(__name__)


class Health(BaseModel):
    """The state of the server and of each of its parts."""

    status: State = Field(description="`ok` if every part is `ok`")
    parts: dict[str, State]


class HealthCheck:
    """Checks models, database and image storage, at most every two seconds however many requests come."""

    def __init__(self, services: Services) -> None:
        self._checks: dict[str, Callable[[], object]] = {
            "model": services.digit_recognizer,
            "number model": services.number_recognizer,
            "database": lambda: services.database.run(lambda connection: connection.scalar(select(1))),
            "pictures": lambda: _write_and_delete(services.history_of(LOCAL_USER)),
        }
        # A separate pool, because a part that doesn't respond blocks its thread.
        self._threads = ThreadPoolExecutor(len(self._checks), "health")
        self._running: dict[str, asyncio.Future[object]] = {}
        self._health = Health(status="failing", parts={})
        self._fresh_until = 0.0

    async def health(self) -> Health:
        """Return the health of the server. The log says why a part is failing."""
        if monotonic() >= self._fresh_until:
            run = asyncio.get_running_loop().run_in_executor
            for name, check in self._checks.items():
                # Concurrent requests wait for the same check, and a check that hangs isn't started again.
                if name not in self._running or self._running[name].done():
                    self._running[name] = run(self._threads, check)
            await asyncio.wait(self._running.values(), timeout=_DEADLINE_SECONDS)
            parts = {name: _state(name, check) for name, check in self._running.items()}
            self._health = Health(status="failing" if "failing" in parts.values() else "ok", parts=parts)
            self._fresh_until = monotonic() + _FRESH_SECONDS
        return self._health


def _state(name: str, check: asyncio.Future[object]) -> State:
    error = check.exception() if check.done() else TimeoutError()
    if error:
        logger.warning("The check of the %s is failing: %r", name, error)
    return "failing" if error else "ok"


def _write_and_delete(history: History) -> None:
    history.images.delete(history.images.write(_DOT))
