"""A task that runs once a day, whatever happens."""

import asyncio
import logging
from collections.abc import Callable

_DAY_SECONDS = 24 * 60 * 60
_RETRY_SECONDS = 5 * 60

logger = logging.getLogger(__name__)


async def run_daily(
    task: Callable[[], object], day_seconds: float = _DAY_SECONDS, retry_seconds: float = _RETRY_SECONDS
) -> None:
    """Run ``task`` in a thread now and once a day, until cancelled. If it fails, log why and try again in 5 minutes."""
    while True:
        try:
            await asyncio.to_thread(task)
            delay = day_seconds
        except Exception:
            logger.exception("The daily %s failed. Trying again in %d seconds.", task.__name__, retry_seconds)
            delay = retry_seconds
        await asyncio.sleep(delay)
