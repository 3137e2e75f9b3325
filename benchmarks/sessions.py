"""Measure many users at once, and the pages of one user with a long history: ``python -m benchmarks.sessions``.

Sessions talk to the app over its websocket, as browsers do, and each draws every two seconds. Two times are measured:
from sending a stroke to the end of the script run, and the run alone, between the messages that say it begins and
ends. Server and client share the machine.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from digitrec.accounts.users import LOCAL_USER
from digitrec.prediction import InputMethod
from digitrec.samples import samples, strokes_to_png
from digitrec.services import services
from digitrec.storage.history import open_history
from tests.support.app import Server, running_app
from tests.support.client import ScriptRun, Session
from tests.support.cluster import running_cluster
from tests.support.sign_in import write_secrets

HISTORY = 10_000


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, help="sessions at once (default 100)")
    parser.add_argument("--drawings", type=int, default=10, help="drawings per session and round (default 10)")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between drawings (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, with the memory printed after each (default 3)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="address of a running app, with rate limits high enough")
    where.add_argument("--cluster", action="store_true", help="two replicas behind nginx instead of one process")
    arguments = parser.parse_args()
    with TemporaryDirectory() as data, ExitStack() as running:
        # All sessions come from one address.
        wide = {"DIGITREC_LIMIT_DRAWINGS": "1000000/minute"}
        servers, url = [], arguments.url
        if arguments.cluster:
            # The simulated object store is written in Python and would dominate the figures.
            wide["DIGITREC_PICTURES"] = f"{data}/images"
            # Every session is its own guest: one shared user would serialize all writes on its counter.
            wide["STREAMLIT_SECRETS_FILES"] = f"{data}/secrets.toml"
            write_secrets(Path(data) / "secrets.toml", "http://localhost", "http://localhost")
            cluster = running.enter_context(running_cluster(Path(data), **wide))
            servers, url = cluster.replicas, cluster.url
        elif not url:
            fill(Path(data))
            server = running.enter_context(running_app(DIGITREC_DATA=data, **wide))
            asyncio.run(one_session(server))
            servers, url = [server], server.url
        for number in range(1, arguments.rounds + 1):
            taken = asyncio.run(crowd(url, arguments.sessions, arguments.drawings, arguments.every))
            print(f"round {number}: {arguments.sessions} sessions, each drawing every {arguments.every:g} s")
            report("drawing to answer, saved", list(chain.from_iterable(taken)))
            if arguments.drawings > 1:
                report("  without each session's first drawing", list(chain.from_iterable(own[1:] for own in taken)))
            for server in servers:
                print(f"  memory of the server {memory(server):.0f} MB", flush=True)


def fill(data: Path) -> None:
    """Give the local user a history of three months."""
    recognizer, history = services().digit_recognizer(), open_history(data, LOCAL_USER)
    predictions = [recognizer.recognize(strokes_to_png(strokes), InputMethod.CANVAS) for strokes in samples().values()]
    begin = datetime.now(UTC) - timedelta(days=90)
    for number in range(HISTORY):
        history.save(predictions[number % 10], InputMethod.CANVAS, at=begin + timedelta(days=90 * number / HISTORY))
    history.database.engine.dispose()


async def one_session(server: Server) -> None:
    """Measure one session: its reruns after a stroke, in time and in the server's CPU time, and its pages."""
    async with Session(server.url) as session:
        await draw(session, 0)
        before = cpu_seconds(server)
        taken = [await draw(session, turn % 10) for turn in range(200)]
        cpu = (cpu_seconds(server) - before) / len(taken)
        print(f"one session, {HISTORY} predictions in its history")
        report_answers("stroke to answer, saved", taken)
        print(f"  CPU time of the server per stroke {cpu * 1e3:.1f} ms")
        for page in ("history", "analytics"):
            await session.run(page=page)
            report_answers(f"the {page} page", [await session.run(page=page) for _ in range(50)])


async def crowd(url: str, sessions: int, drawings: int, every: float) -> list[list[float]]:
    """Draw in many sessions, and return how long each drawing of each session took, in seconds."""
    everybody = asyncio.Barrier(sessions)

    async def user(number: int) -> list[float]:
        chance = random.Random(number)
        await asyncio.sleep(every * number / sessions)
        async with Session(url) as session:
            # Start once everyone is connected: opening a page costs more than a stroke.
            await everybody.wait()
            taken = []
            for _ in range(drawings):
                await asyncio.sleep(every * chance.uniform(0.5, 1.5))
                taken.append((await draw(session, chance.randrange(10))).seconds)
            return taken

    return await asyncio.gather(*map(user, range(sessions)))


async def draw(session: Session, digit: int) -> ScriptRun:
    """Draw a sample digit in place of what is on the canvas."""
    answer = await session.draw(samples()[digit])
    if not answer.is_saved:
        raise RuntimeError("A drawing was not saved.")
    return answer


def report_answers(name: str, answers: Sequence[ScriptRun]) -> None:
    """Print percentiles of the whole wait, and of the script runs within it."""
    report(name, [answer.seconds for answer in answers])
    report("  the script run alone", [answer.run_seconds for answer in answers])


def report(name: str, taken: Sequence[float]) -> None:
    """Print percentiles of seconds as milliseconds."""
    p50, p95, p99 = np.percentile(taken, [50, 95, 99]) * 1e3
    print(f"  {name}: {len(taken)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")


def cpu_seconds(server: Server) -> float:
    """Return the CPU time the server has used since it started."""
    return sum(psutil.Process(server.process.pid).cpu_times()[:2])


def memory(server: Server) -> float:
    """Return the resident memory of the server in MB."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20


if __name__ == "__main__":
    main()
