"""Watches one process for an hour: ``python -m benchmarks.soak --minutes 60``.

People come, draw, look at another page and go, and programs ask the API, all the time. What the server holds is printed
once a minute, and at the end how much that grew since it was warm.
"""

import argparse
import asyncio
import random
from dataclasses import astuple, dataclass
from tempfile import TemporaryDirectory
from time import monotonic

import aiohttp
import psutil

from benchmarks.overload import NO_LIMIT, ask
from benchmarks.sessions import draw
from tests.support.app import Server, running_app
from tests.support.client import Session

WARM_SECONDS = 300
"""Streamlit keeps the sessions of those who went for two minutes, each connection of SQLite what it read."""
PAGES = ("history", "analytics", "models", "about")


@dataclass(frozen=True, slots=True)
class Held:
    """What the server holds."""

    megabytes: float
    files: int
    connections: int
    threads: int


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="how long, after five to warm up (default 60)")
    parser.add_argument("--people", type=int, default=20, help="how many draw at once (default 20)")
    arguments = parser.parse_args()
    limits = {f"DIGITREC_LIMIT_{what}": NO_LIMIT for what in ("DRAWINGS", "API")}
    with TemporaryDirectory() as data, running_app(DIGITREC_DATA=data, **limits) as server:
        asyncio.run(soak(server, arguments.people, WARM_SECONDS))
        before = say(server, "warm")
        for minute in range(1, int(arguments.minutes) + 1):
            drawn, asked = asyncio.run(soak(server, arguments.people, 60))
            after = say(server, f"minute {minute}: {drawn} drawings, {asked} requests to the API")
        grown = [late - early for early, late in zip(astuple(before), astuple(after), strict=True)]
        print("grown by {:.1f} MB, {} files, {} connections, {} threads".format(*grown))


async def soak(server: Server, people: int, seconds: float) -> tuple[int, int]:
    """Have people draw and programs ask, all of whom go at the end; returns how many drawings and requests."""
    end = monotonic() + seconds
    drawn = asked = 0

    async def user(number: int) -> None:
        nonlocal drawn
        chance = random.Random(number)
        while monotonic() < end:
            async with Session(server.url) as session:
                for _ in range(5):
                    await asyncio.sleep(chance.uniform(1, 3))
                    await draw(session, chance.randrange(10))
                    drawn += 1
                await session.run(page=chance.choice(PAGES))

    async def program() -> None:
        nonlocal asked
        async with aiohttp.ClientSession() as client:
            while monotonic() < end:
                await ask(client, server, {200: []}, asked)
                asked += 1
                await asyncio.sleep(0.2)

    await asyncio.gather(program(), *map(user, range(people)))
    return drawn, asked


def say(server: Server, when: str) -> Held:
    """Print and return what the server holds."""
    process = psutil.Process(server.process.pid)
    held = Held(
        process.memory_info().rss / 2**20, process.num_fds(), len(process.net_connections()), process.num_threads()
    )
    print(
        f"{when}: {held.megabytes:.1f} MB, {held.files} files, {held.connections} connections, {held.threads} threads",
        flush=True,
    )
    return held


if __name__ == "__main__":
    main()
