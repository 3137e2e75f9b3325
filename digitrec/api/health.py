"""Health checks: whether each part of the server works."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field
from sqlalchemy import select

from digitrec.accounts.users import LOCAL_USER
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.services import Services
from digitrec.storage.history import History

_DEADLINE_SECONDS = 5
_FRESH_SECONDS = 2
_DOT = np.zeros((1, 1), np.uint8)

State = Literal["ok", "failing"]

logger = logging.getLogger(__name__)


class Health(BaseModel):
    """The state of the server and of each of its parts."""

    status: State = Field(description="`ok` if every part is")
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
        # A pool of its own, because a part that doesn't answer blocks its thread.
        self._threads = ThreadPoolExecutor(len(self._checks), "health")
        self._running: dict[str, Future[Any]] = {}
        self._lock = asyncio.Lock()
        self._health: Health | None = None
        self._fresh_until = 0.0

    async def health(self) -> Health:
        """Return the health of the server. The log says why a part is failing."""
        async with self._lock:
            if not self._health or monotonic() >= self._fresh_until:
                states = await asyncio.gather(*map(self._state, self._checks))
                parts = dict(zip(self._checks, states, strict=True))
                self._health = Health(status="ok" if set(states) == {"ok"} else "failing", parts=parts)
                self._fresh_until = monotonic() + _FRESH_SECONDS
            return self._health

    async def model(self) -> str:
        """Return the name of the default digit model.

        Raises:
            ModelError: it can't be loaded.
        """
        recognizer: DigitRecognizer = await self._check("model")
        return recognizer.model.card.name

    async def _state(self, name: str) -> State:
        try:
            await asyncio.wait_for(self._check(name), _DEADLINE_SECONDS)
        except Exception as error:
            logger.warning("The %s is failing: %r", name, error)
            return "failing"
        return "ok"

    def _check(self, name: str) -> asyncio.Future[Any]:
        """Start the check of a part, or join the one that is still running."""
        if name not in self._running or self._running[name].done():
            self._running[name] = self._threads.submit(self._checks[name])
        # Shielded, so that a caller that stops waiting doesn't cancel the check for the others.
        return asyncio.shield(asyncio.wrap_future(self._running[name]))


def _write_and_delete(history: History) -> None:
    history.images.delete(history.images.write(_DOT))
