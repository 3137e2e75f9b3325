import asyncio
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest

from digitrec.errors import StorageError
from digitrec.server import process
from digitrec.server.process import run_daily


@pytest.mark.parametrize(
    ("error", "has_traceback"), [(RuntimeError("a reason"), True), (StorageError("a reason"), False)]
)
def test_daily_task_survives_errors(caplog, monkeypatch, error, has_traceback):
    monkeypatch.setattr(process, "_DAY_SECONDS", 0)
    monkeypatch.setattr(process, "_RETRY_SECONDS", 0)
    task = Mock(__name__="cleanup", side_effect=[error, None, asyncio.CancelledError])

    # In a thread, because the browser tests leave a running event loop in this one.
    with ThreadPoolExecutor() as threads, pytest.raises(asyncio.CancelledError):
        threads.submit(asyncio.run, run_daily(task)).result()

    assert task.call_count == 3
    [record] = caplog.records
    assert bool(record.exc_info) is has_traceback
    assert "The daily cleanup failed" in record.message
    assert "a reason" in caplog.text
