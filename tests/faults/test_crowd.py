"""More people at once than a process is allowed open files."""

from contextlib import AsyncExitStack

import pytest

from digitrec.samples import samples
from tests.support.app import running_app
from tests.support.client import Session, finish

FILES = 128
PEOPLE = 60


@pytest.mark.full
def test_people_come_in_though_each_takes_several_of_few_open_files(tmp_path):
    async def crowd(url):
        async with AsyncExitStack() as there:
            sessions = [await there.enter_async_context(Session(url)) for _ in range(PEOPLE)]
            return [await session.draw(samples()[7]) for session in sessions]

    few = ("sh", "-c", f'ulimit -Sn {FILES} && exec "$@"', "sh")
    with running_app(within=few, DIGITREC_DATA=str(tmp_path)) as server:
        answers = finish(crowd(server.url))

    assert all(answer.is_saved for answer in answers)
