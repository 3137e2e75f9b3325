"""Times many people at once, and the pages of one with a long history: ``python -m benchmarks.sessions``.

It opens sessions over the app's own websocket, as browsers do, each of which draws every two seconds, and measures
from sending a stroke to the end of the script's run. Server and client share the machine.
"""

import argparse
import asyncio
import base64
import json
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from digitrec.accounts import LOCAL
from digitrec.recognition.models import load_model
from digitrec.recognition.recognition import Source
from digitrec.recognition.recognizer import Recognizer
from digitrec.samples import png, samples
from digitrec.settings import settings
from digitrec.store.records import open_records
from digitrec.ui.fabric import to_fabric
from tests.browser.server import Server, running_app

HISTORY = 10_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, help="sessions at once (default 100)")
    parser.add_argument("--drawings", type=int, default=10, help="drawings of each in a round (default 10)")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between drawings (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, memory read after each (default 3)")
    arguments = parser.parse_args()
    with TemporaryDirectory() as data:
        fill(Path(data))
        with running_app(DIGITREC_DATA=data) as server:
            asyncio.run(one_person(server))
            for number in range(1, arguments.rounds + 1):
                taken = asyncio.run(crowd(server, arguments.sessions, arguments.drawings, arguments.every))
                print(f"round {number}: {arguments.sessions} sessions, each drawing every {arguments.every:g} s")
                report("drawing to answer, recorded", taken)
                print(f"  memory of the server {memory(server):.0f} MB")


def fill(data: Path) -> None:
    """Give the local person a history of three months."""
    recognizer = Recognizer(load_model(settings().model, settings().models))
    records = open_records(data, LOCAL)
    read = [recognizer.read(png(strokes), Source.CANVAS) for strokes in samples().values()]
    begin = datetime.now(UTC) - timedelta(days=90)
    for number in range(HISTORY):
        records.save(read[number % 10], Source.CANVAS, at=begin + timedelta(days=90 * number / HISTORY))
    records.database.engine.dispose()


async def one_person(server: Server) -> None:
    """One session: its reruns after a stroke, in time and in the server's CPU time, and its pages."""
    async with Session(server.url) as session:
        await session.run()
        await session.draw(0)
        before = cpu_seconds(server)
        taken = [await session.draw(turn % 10) for turn in range(200)]
        cpu = (cpu_seconds(server) - before) / len(taken)
        print(f"one session, {HISTORY} records in its history")
        report("stroke to answer, recorded", taken)
        print(f"  CPU of the whole server for each stroke {cpu * 1e3:.1f} ms")
        for page in ("history", "analytics"):
            await session.run(page=page)
            report(f"the {page} page", [await session.run(page=page) for _ in range(50)])


async def crowd(server: Server, sessions: int, drawings: int, every: float) -> list[float]:
    """How long each drawing of each session took, in seconds."""

    async def person(number: int) -> list[float]:
        chance = random.Random(number)
        await asyncio.sleep(every * number / sessions)
        async with Session(server.url) as session:
            await session.run()
            taken = []
            for _ in range(drawings):
                await asyncio.sleep(every * chance.uniform(0.5, 1.5))
                taken.append(await session.draw(chance.randrange(10)))
            return taken

    return list(chain.from_iterable(await asyncio.gather(*map(person, range(sessions)))))


class Session:
    """What a browser is to the server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = self.canvas = self.fragment = ""

    async def __aenter__(self) -> "Session":
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = await websockets.connect(address, max_size=None, subprotocols=["streamlit"])
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.socket.close()

    async def draw(self, digit: int) -> float:
        """Draw one of our digits in place of what is on the canvas; returns seconds."""
        return await self.run(drawing(digit))

    async def run(self, value: dict[str, Any] | None = None, page: str = "") -> float:
        """Ask for a run of the script, of the canvas's fragment where there is a value; returns seconds."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = "" if page else self.page
        rerun.page_name = page
        rerun.context_info.timezone = "UTC"
        rerun.widget_states.SetInParent()
        if value:
            rerun.fragment_id = self.fragment
            widget = rerun.widget_states.widgets.add()
            widget.id, widget.json_value = self.canvas, json.dumps(value)
        # Nobody asks again in the very moment of the answer, while the server still tidies up.
        await asyncio.sleep(0.05)
        saved = not value
        start = perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.page = answer.new_session.page_script_hash
            elif kind == "delta":
                element = answer.delta.new_element
                if element.HasField("exception"):
                    raise RuntimeError(element.exception.message)
                saved |= "Saved in your history" in element.markdown.body
                if element.HasField("bidi_component"):
                    self.canvas, self.fragment = element.bidi_component.id, answer.delta.fragment_id
            elif kind == "script_finished":
                if not saved:
                    raise RuntimeError("A drawing was not called saved.")
                return perf_counter() - start


@cache
def drawing(digit: int) -> dict[str, Any]:
    """What the canvas sends when a digit is drawn on it."""
    url = "data:image/png;base64," + base64.b64encode(png(samples()[digit])).decode()
    return {"drawing": {"raw": {"objects": to_fabric(samples()[digit])}, "data": url}, "backgroundFit": None}


def report(name: str, taken: Sequence[float]) -> None:
    """Print percentiles of seconds as milliseconds."""
    p50, p95, p99 = np.percentile(taken, [50, 95, 99]) * 1e3
    print(f"  {name}: {len(taken)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")


def cpu_seconds(server: Server) -> float:
    """The CPU time the server has taken since it started."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(server: Server) -> float:
    """The memory the server holds, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
