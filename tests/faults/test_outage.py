"""The history becomes unavailable while users draw: the database server stops, the disk is full."""

import asyncio
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from digitrec.samples import samples
from tests.support.app import running_app
from tests.support.client import Session, finish
from tests.support.databases import running_postgresql

NOTICE = "The history is unavailable right now, so nothing is being saved. Predictions still work"
SECONDS = 30


@pytest.fixture
def stoppable(tmp_path_factory):
    """Return a PostgreSQL server that the test can stop and start."""
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


async def pages(session):
    return {page: (await session.run(page=page)).text for page in ("history", "analytics", "")}


async def draw_until_saved(session, digit):
    deadline = time.monotonic() + SECONDS
    while not (run := await session.draw(samples()[digit])).is_saved:
        assert time.monotonic() < deadline, run.text
        assert NOTICE in run.text or "Couldn't save" in run.text
        await asyncio.sleep(0.5)


@pytest.mark.full
def test_predictions_continue_while_postgresql_is_stopped(stoppable, tmp_path):
    async def use(url):
        async with Session(url) as session:
            assert (await session.draw(samples()[7])).is_saved
            stoppable.stop()
            for digit in (3, 4):
                run = await session.draw(samples()[digit])
                assert f">{digit}</div>" in run.text
                assert NOTICE in run.text
                assert not run.is_saved
            for page, text in (await pages(session)).items():
                assert page == "" or NOTICE in text
            stoppable.start()
            await draw_until_saved(session, 5)
            # It was one drawing all the time.
            assert "1 prediction" in (await pages(session))["history"]

    with running_app(DIGITREC_DATA=str(tmp_path), DATABASE_URL=stoppable.get_uri()) as server:
        finish(use(server.url))


@pytest.mark.full
def test_app_starts_before_postgresql(stoppable, tmp_path):
    async def use(url):
        async with Session(url) as session:
            run = await session.draw(samples()[3])
            assert ">3</div>" in run.text
            assert NOTICE in run.text
            stoppable.start()
            await draw_until_saved(session, 4)

    address = stoppable.get_uri()
    stoppable.stop()
    with running_app(DIGITREC_DATA=str(tmp_path), DATABASE_URL=address) as server:
        finish(use(server.url))


def on_small_disk(folder):
    """Return a command that runs another in a namespace where a folder is a disk of 3 MB."""
    mount = f"mount -t tmpfs -o size=3m tmpfs '{folder}' && exec \"$@\""
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]


def can_mount(folder):
    return (
        bool(shutil.which("unshare")) and not subprocess.run([*on_small_disk(folder), "true"], check=False).returncode
    )


@pytest.mark.full
def test_predictions_continue_while_the_disk_is_full(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("users of this machine can't mount a small disk")

    async def use(server):
        # The disk as the server sees it.
        disk = Path(f"/proc/{server.process.pid}/root{tmp_path}")
        async with Session(server.url) as session:
            assert (await session.draw(samples()[7])).is_saved
            with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
                while True:
                    filler.write(bytes(4096))
            runs = []
            for turn in range(60):
                runs.append(await session.draw(samples()[turn % 10]))
                assert f">{turn % 10}</div>" in runs[-1].text
            assert not runs[-1].is_saved
            assert "Couldn't save" in runs[-1].text
            await pages(session)
            (disk / "filler").unlink()
            await draw_until_saved(session, 5)
        shutil.copytree(disk, tmp_path.parent / "copy")

    with running_app(within=on_small_disk(tmp_path), DIGITREC_DATA=str(tmp_path)) as server:
        finish(use(server))
    with sqlite3.connect(tmp_path.parent / "copy" / "digitrec.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
