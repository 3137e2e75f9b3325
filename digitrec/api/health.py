"""Whether the parts of the server work."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel
from sqlalchemy import select

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.errors import DigitrecError
from digitrec.prediction import Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.storage.history import History

_DEADLINE_SECONDS = 5
_FRESH_SECONDS = 2
_DOT = np.zeros((1, 1), np.uint8)

State = Literal["ok", "failing"]

logger = logging.getLogger(__name__)


class Health(BaseModel):
    """How it stands with each part."""

    status: State
    parts: dict[str, State]


class HealthCheck:
    """Tells the health of the server, examined every two seconds at most however many ask."""

    def __init__(
        self, recognizers: Mapping[Mode, Callable[[], AnyRecognizer]], history_of: Callable[[User], History]
    ) -> None:
        self._parts: dict[str, Callable[[], object]] = {
            "model": recognizers[Mode.DIGIT],
            "number model": recognizers[Mode.NUMBER],
            "database": lambda: history_of(LOCAL_USER).database.run(lambda connection: connection.scalar(select(1))),
            "pictures": lambda: _write_and_delete(history_of(LOCAL_USER)),
        }
        # Not those of everybody else: a part that does not answer keeps its thread.
        self._threads = ThreadPoolExecutor(len(self._parts), "health")
        self._asked: dict[str, Future[Any]] = {}
        self._examining = asyncio.Lock()
        self._found: Health | None = None
        self._until = 0.0

    async def health(self) -> Health:
        """Whether models are loaded, the database answers and pictures can be written; why not stands in the log."""
        async with self._examining:
            if not self._found or monotonic() >= self._until:
                states = await asyncio.gather(*map(self._state, self._parts))
                parts = dict(zip(self._parts, states, strict=True))
                self._found = Health(status="ok" if set(states) == {"ok"} else "failing", parts=parts)
                self._until = monotonic() + _FRESH_SECONDS
            return self._found

    async def model(self) -> str:
        """The name of the model that reads digits.

        Raises:
            ModelError: it cannot be loaded.
        """
        recognizer: AnyRecognizer = await self._ask("model")
        return recognizer.model.card.name

    async def _state(self, name: str) -> State:
        try:
            await asyncio.wait_for(self._ask(name), _DEADLINE_SECONDS)
        except (DigitrecError, OSError) as error:
            logger.warning("The %s is failing: %s", name, error or type(error).__name__)
            return "failing"
        return "ok"

    def _ask(self, name: str) -> asyncio.Future[Any]:
        """What a part answers; one that has not answered yet is waited for, and not asked anew."""
        if name not in self._asked or self._asked[name].done():
            self._asked[name] = self._threads.submit(self._parts[name])
        # Who waits no longer takes nothing from who still does.
        return asyncio.shield(asyncio.wrap_future(self._asked[name]))


def _write_and_delete(history: History) -> None:
    history.images.delete(history.images.write(_DOT))
