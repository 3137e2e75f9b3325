"""Kill the server while users draw, as often as KILLS in the environment says."""

import asyncio
import io
import os
import random
import signal
import sqlite3
from dataclasses import dataclass, field
from itertools import count

import pytest
from PIL import Image
from websockets.exceptions import WebSocketException

from digitrec.accounts.users import LOCAL_USER
from digitrec.imaging.strokes import Stroke
from digitrec.samples import samples
from digitrec.storage.history import open_history
from digitrec.storage.users import list_users
from tests.support.app import running_app
from tests.support.client import Session, finish

KILLS = int(os.environ.get("KILLS", "2"))
USERS = 3
MAX_SECONDS = 2.0


@dataclass
class Drawing:
    """The numbers of the drawings of one session, each in place of the one before."""

    sent: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)


def numbered(number):
    """Return a digit that encodes the number of the drawing in its brush and position, in tenths of a pixel."""
    brush, place = divmod(number, 100)
    return tuple(
        Stroke(tuple((x - 5 + place / 10, y) for x, y in stroke.points), 5 + brush / 10)
        for stroke in samples()[number % 10]
    )


def number_of(strokes):
    for digit, sample in samples().items():
        shift = strokes[0].points[0][0] + 5 - round(sample[0].points[0][0], 1)
        number = round((strokes[0].width - 5) * 10) * 100 + round(shift * 10)
        if 0 <= shift < 10 and number % 10 == digit and len(strokes[0].points) == len(sample[0].points):
            return number
    raise AssertionError("not a drawing of this test")


async def draw_until_killed(server, numbers, seconds, is_first):
    drawings = []

    async def user():
        try:
            while True:
                async with Session(server.url) as session:
                    drawing = Drawing()
                    drawings.append(drawing)
                    for _ in range(2):
                        drawing.sent.append(next(numbers))
                        if (await session.draw(numbered(drawing.sent[-1]))).is_saved:
                            drawing.saved.append(drawing.sent[-1])
        except (WebSocketException, OSError):
            pass

    users = [asyncio.ensure_future(user()) for _ in range(USERS)]
    await asyncio.sleep(seconds)
    # On a busy machine, there may be nothing to lose yet.
    while is_first and not any(drawing.saved for drawing in drawings):
        await asyncio.sleep(0.05)
    os.kill(server.process.pid, signal.SIGKILL)
    await asyncio.gather(*users)
    return drawings


def check_history(history, drawings):
    """Check that the history has exactly the drawings that were reported as saved, with their images."""
    stored = {number_of(saved.strokes): saved for saved in history.all()}
    assert history.count() == len(stored)
    for drawing in drawings:
        # A drawing that was being saved at the kill may be there or not.
        unfinished = drawing.sent[len(drawing.saved) :]
        found = [number for number in drawing.sent if number in stored]
        assert found in ([drawing.saved[-1:]] if drawing.saved else [[]]) + [[number] for number in unfinished]
    for saved in stored.values():
        Image.open(io.BytesIO(history.picture(saved))).load()
    assert list_users(history.database)["predictions"].sum() == len(stored)


@pytest.mark.full
def test_saved_drawings_survive_kills(tmp_path):
    numbers, chance = count(), random.Random(0)
    drawings = []
    for kill in range(KILLS):
        with running_app(DIGITREC_DATA=str(tmp_path)) as server:
            drawings += finish(draw_until_killed(server, numbers, chance.uniform(0.1, MAX_SECONDS), kill == 0))

    assert any(drawing.saved for drawing in drawings)
    history = open_history(tmp_path, LOCAL_USER)
    check_history(history, drawings)
    history.database.engine.dispose()
    with sqlite3.connect(tmp_path / "digitrec.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
