"""Attack the app while ten simulated users draw: ``python -m benchmarks.abuse``.

Each attack is one anonymous client at its own address that keeps sending what the name of the attack says.
Meanwhile the users draw every two seconds, and a program sends an image to the API every second. A table says how long
the drawings took (``inf``: no prediction in 30 seconds), how many images the API recognized, how much memory the
server's processes held, whether the server was healthy ten seconds later, and what the attacker got back. Every attack
starts with a new server.

Server and clients share the machine, which has to run Linux. Streamlit waits for its external address if outgoing
traffic is dropped; an HTTP proxy that never answers stands in for that. To measure an older commit, copy ``benchmarks``
and ``tests/support`` into a checkout of it.
"""

import argparse
import asyncio
import math
import multiprocessing
import random
import socket
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AsyncExitStack, suppress
from itertools import chain
from tempfile import TemporaryDirectory

import aiohttp
import numpy as np
import psutil

from benchmarks.attacks import ATTACKS, NO_ANSWER, attack, prepare
from benchmarks.sessions import DISTINCT, EVERY, draw
from tests.support.app import Server, running_app
from tests.support.client import Session
from tests.support.pictures import drawing_png

SECONDS = 20
RECOVERY_SECONDS = 10
PEOPLE = 10
MAX_P95_SECONDS = 1.0
MAX_MEGABYTES = 700
_PATIENCE_SECONDS = 30
_ROW = "{:43} {:>8} {:>8} {:>5} {:>8} {:>7}  {}"
_HEADER = _ROW.format("attack", "p95", "slowest", "API", "memory", "healthy", "what the attacker got back")


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.abuse", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="run only the attacks with this text in their names")
    only = parser.parse_args().only
    print(_HEADER, flush=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), f"http://127.0.0.1:{silent.getsockname()[1]}")
        missed = [name for name in ATTACKS if only in name and not measure(name, proxies)]
    raise SystemExit(f"Targets missed: {', '.join(missed)}" if missed else 0)


def measure(name: str, environment: dict[str, str]) -> bool:
    """Run one attack, print its row, and return whether the server met the targets."""
    # In a separate process, the attacker doesn't delay the clients that are measured.
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), prepare, (name,))
    with pool, TemporaryDirectory(ignore_cleanup_errors=True) as data:
        # Wait until the files of the attack are built.
        pool.submit(int).result()
        with running_app(DIGITREC_DATA=data, **environment) as server:
            try:
                return asyncio.run(under_attack(name, server, pool))
            finally:
                # A server that is still busy would not stop in time.
                server.process.kill()


async def under_attack(name: str, server: Server, attacker: Executor) -> bool:
    """Let simulated users draw during an attack, print its row, and return whether the server met the targets."""
    ready, over = asyncio.Barrier(PEOPLE + 1), asyncio.Event()
    async with asyncio.TaskGroup() as clients:
        people = [clients.create_task(person(server, number, ready, over)) for number in range(PEOPLE)]
        await ready.wait()
        program = clients.create_task(recognized_images(server, over))
        memory = clients.create_task(peak_memory(server, over))
        answers = await asyncio.get_running_loop().run_in_executor(attacker, attack, server.url, SECONDS)
        over.set()
        await asyncio.sleep(RECOVERY_SECONDS)
        healthy = await is_healthy(server)
    taken = list(chain.from_iterable(drawings.result() for drawings in people))
    p95, megabytes = float(np.percentile(taken, 95, method="higher")), memory.result()
    figures = f"{p95:.2f} s", f"{max(taken):.2f} s", f"{program.result():.0%}", f"{megabytes:.0f} MB"
    outcome = ", ".join(f"{number}× {answer}" for answer, number in answers.most_common())
    print(_ROW.format(name, *figures, "yes" if healthy else "no", outcome), flush=True)
    return p95 < MAX_P95_SECONDS and megabytes < MAX_MEGABYTES and healthy


async def person(server: Server, number: int, ready: asyncio.Barrier, over: asyncio.Event) -> list[float]:
    """Draw until the attack is over; return the seconds until each prediction, infinity if there was none."""
    chance, taken = random.Random(number), list[float]()
    async with AsyncExitStack() as sessions:
        session: Session | None = await sessions.enter_async_context(Session(server.url))
        await draw(session, number)
        await ready.wait()
        while not over.is_set():
            await asyncio.sleep(EVERY * chance.uniform(0.5, 1.5))
            taken.append(math.inf)
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    session = session or await sessions.enter_async_context(Session(server.url))
                    taken[-1] = (await draw(session, chance.randrange(DISTINCT))).seconds
            except NO_ANSWER:
                session = None
    return taken


async def recognized_images(server: Server, over: asyncio.Event) -> float:
    """Send an image to the API every second until the attack is over; return the share that was recognized."""
    statuses = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_PATIENCE_SECONDS)) as client:
        while not over.is_set():
            statuses.append(0)
            with suppress(*NO_ANSWER):
                async with client.post(server.url + "/api/predict", data={"file": drawing_png(7)}) as response:
                    statuses[-1] = response.status
            await asyncio.sleep(1)
    return statuses.count(200) / len(statuses)


async def peak_memory(server: Server, over: asyncio.Event) -> float:
    """Return the largest resident memory of the server's processes until the attack is over, in MB."""
    process, peak = psutil.Process(server.process.pid), 0
    while not over.is_set():
        with suppress(psutil.NoSuchProcess):
            peak = max(peak, sum(one.memory_info().rss for one in (process, *process.children(recursive=True))))
        await asyncio.sleep(0.1)
    return peak / 2**20


async def is_healthy(server: Server) -> bool:
    """Return whether a new visitor's drawing and the health check are answered within five seconds."""
    with suppress(*NO_ANSWER):
        async with asyncio.timeout(5), aiohttp.ClientSession() as client, Session(server.url) as session:
            await draw(session, 7)
            async with client.get(server.url + "/api/health") as response:
                return response.status == 200
    return False


if __name__ == "__main__":
    main()
