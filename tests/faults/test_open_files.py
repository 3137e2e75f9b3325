"""More users at once than a process may open files."""

from contextlib import AsyncExitStack

import pytest

from digitrec.samples import samples
from tests.support.app import running_app
from tests.support.client import Session, finish

FILES = 128
USERS = 60


@pytest.mark.full
def test_server_raises_its_limit_of_open_files(tmp_path):
    async def crowd(url):
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(Session(url)) for _ in range(USERS)]
            return [await session.draw(samples()[7]) for session in sessions]

    limited = ("sh", "-c", f'ulimit -Sn {FILES} && exec "$@"', "sh")
    with running_app(within=limited, DIGITREC_DATA=str(tmp_path)) as server:
        runs = finish(crowd(server.url))

    assert all(run.is_saved for run in runs)
