"""Watch one process for an hour: ``python -m benchmarks.soak --minutes 60``.

Simulated users keep coming, draw, look at another page and leave, while a program uses the API. Memory, files,
connections and threads are printed every minute, and their growth since the warm-up at the end.
"""

import argparse
import asyncio
import random
from tempfile import TemporaryDirectory
from time import monotonic

import aiohttp
import psutil

from benchmarks.overload import NO_LIMIT, PEOPLE, ask
from benchmarks.sessions import DISTINCT, draw, memory
from tests.support.app import Server, running_app
from tests.support.client import Session

WARM_SECONDS = 300  # Streamlit keeps closed sessions for two minutes, and each SQLite connection fills its cache.
PAGES = ("history", "analytics", "models", "about")
RESOURCES = "{:.1f} MB, {} files, {} connections, {} threads"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="how long, after a warm-up of five (default 60)")
    arguments = parser.parse_args()
    limits = {f"DIGITREC_LIMIT_{what}": NO_LIMIT for what in ("DRAWINGS", "API")}
    with TemporaryDirectory() as data, running_app(DIGITREC_DATA=data, **limits) as server:
        asyncio.run(soak(server, WARM_SECONDS))
        before = report_resources(server, "warm")
        for minute in range(1, int(arguments.minutes) + 1):
            drawings, requests = asyncio.run(soak(server, 60))
            after = report_resources(server, f"minute {minute}: {drawings} drawings, {requests} API requests")
        growth = [late - early for early, late in zip(before, after, strict=True)]
        print("growth:", RESOURCES.format(*growth))


async def soak(server: Server, seconds: float) -> tuple[int, int]:
    """Let simulated users draw and a program use the API; return the numbers of drawings and requests."""
    end = monotonic() + seconds
    drawings = requests = 0

    async def user(number: int) -> None:
        nonlocal drawings
        chance = random.Random(number)
        while monotonic() < end:
            async with Session(server.url) as session:
                for _ in range(5):
                    await asyncio.sleep(chance.uniform(1, 3))
                    await draw(session, chance.randrange(DISTINCT))
                    drawings += 1
                await session.run(page=chance.choice(PAGES))

    async def program() -> None:
        nonlocal requests
        async with aiohttp.ClientSession() as client:
            while monotonic() < end:
                await ask(client, server, {200: []}, requests)
                requests += 1
                await asyncio.sleep(0.2)

    await asyncio.gather(program(), *map(user, range(PEOPLE)))
    return drawings, requests


def report_resources(server: Server, when: str) -> tuple[float, int, int, int]:
    """Print and return the memory in MB, files, connections and threads of the server."""
    process = psutil.Process(server.process.pid)
    resources = memory(server), process.num_fds(), len(process.net_connections()), process.num_threads()
    print(f"{when}:", RESOURCES.format(*resources), flush=True)
    return resources


if __name__ == "__main__":
    main()
