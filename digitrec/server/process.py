"""The server process: its settings, its shutdown and its daily task."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import cv2

from digitrec.errors import DigitrecError

_SWITCH_SECONDS = 0.001
_MAX_FILES = 65_536
_GC_THRESHOLDS = (5_000, 10, 20)
_GRACE_SECONDS = 7
_DAY_SECONDS = 24 * 60 * 60
_RETRY_SECONDS = 5 * 60

logger = logging.getLogger(__name__)


def configure_process() -> None:
    """Prepare the process for many threads and connections. Call this before any thread starts."""
    # Images are recognized in parallel, so OpenCV needs no threads of its own. With them, each thread of ours would
    # leak about a kilobyte: https://github.com/opencv/opencv/issues/23252
    cv2.setNumThreads(1)
    # The event loop waits for the interpreter lock after each message it sends. With six sessions on a busy machine,
    # this lowers the 95th percentile of the time per stroke by a quarter, compared with Python's default of 5 ms.
    sys.setswitchinterval(_SWITCH_SECONDS)
    # The limit of open files is often 1024, and a session holds five. Windows has no such limit.
    with suppress(ImportError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def freeze_heap() -> None:
    """Exclude everything loaded so far from garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    # With a hundred sessions, a full collection stops all of them for 50 ms. By default, it runs every 200 drawings.
    gc.set_threshold(*_GC_THRESHOLDS)


def limit_shutdown(abort: Callable[[], None]) -> None:
    """Give requests a few seconds to finish after SIGTERM, then call ``abort`` and stop.

    Without this, the server waits until the last connection closes. Call it from the main thread after the server has
    installed its signal handlers.
    """
    if not hasattr(signal, "alarm"):
        # Windows doesn't send signals to stop a process.
        return
    stop = signal.getsignal(signal.SIGTERM)

    def on_terminate(number: int, frame: FrameType | None) -> None:
        signal.alarm(_GRACE_SECONDS)
        if callable(stop):
            stop(number, frame)

    def on_alarm(number: int, frame: FrameType | None) -> None:
        abort()
        # On a second signal, uvicorn stops waiting for connections.
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_terminate)


async def run_daily(task: Callable[[], object]) -> None:
    """Run ``task`` in a thread now and once a day, until canceled. If it fails, log why and try again in 5 minutes."""
    while True:
        delay = _RETRY_SECONDS
        try:
            await asyncio.to_thread(task)
            delay = _DAY_SECONDS
        except DigitrecError as error:
            logger.warning("The daily %s failed. Trying again in %d seconds. %s", task.__name__, delay, error)
        except Exception:
            logger.exception("The daily %s failed. Trying again in %d seconds.", task.__name__, delay)
        await asyncio.sleep(delay)
