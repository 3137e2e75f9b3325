"""Asks the API for more than it gives: ``python -m benchmarks.overload``.

First as much as it is to bear, then ten times what one address may ask for, then far more at once than the queue has
room for, and at last people draw beside what it is to bear. Server and client share the machine.
"""

import argparse
import asyncio
from collections import defaultdict
from itertools import chain
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp

from benchmarks.sessions import crowd, memory, report
from digitrec.samples import samples, strokes_to_png
from tests.support.app import Server, running_app

NO_LIMIT = "1000000000/minute"
LIMIT = 10
_EVERY = 2.0

ClassifierOutput = dict[int, list[float]]
"""By their status, how long the answers took in seconds."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long each load lasts (default 30)")
    parser.add_argument("--at-once", type=int, default=8, help="requests at once that it is to bear (default 8)")
    parser.add_argument("--people", type=int, default=20, help="people who draw beside them (default 20)")
    parser.add_argument("--crowd", type=int, default=500, help="requests at once that it is not to bear (default 500)")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    with TemporaryDirectory() as data:
        with running_app(DIGITREC_DATA=data, DIGITREC_LIMIT_API=f"{LIMIT}/second") as server:
            for number in (LIMIT, 10 * LIMIT):
                asked = f"{number} a second, of which an address may ask {LIMIT}"
                say(server, asked, asyncio.run(steadily(server, number, seconds)), seconds)
        no_limits = dict.fromkeys(("DIGITREC_LIMIT_API", "DIGITREC_LIMIT_DRAWINGS"), NO_LIMIT)
        with running_app(DIGITREC_DATA=data, **no_limits) as server:
            asyncio.run(at_once(server, arguments.at_once, 2))
            for number in (arguments.at_once, arguments.crowd, arguments.at_once):
                say(server, f"without limit, {number} at once", asyncio.run(at_once(server, number, seconds)), seconds)
            answers, drawn = asyncio.run(beside(server, arguments.at_once, arguments.people, seconds))
            say(server, f"the same, {arguments.people} people drawing beside", answers, seconds)
            report("drawing to answer, recorded", drawn)


async def steadily(server: Server, each_second: float, seconds: float) -> ClassifierOutput:
    """Ask so many times a second, whether or not answers come."""
    answers: ClassifierOutput = defaultdict(list)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client, asyncio.TaskGroup() as asking:
        for number in range(int(each_second * seconds)):
            asking.create_task(ask(client, server, answers, number))
            await asyncio.sleep(1 / each_second)
    return answers


async def at_once(server: Server, number: int, seconds: float) -> ClassifierOutput:
    """Have so many requests under way all the time; who is refused asks again after what the answer says."""
    answers: ClassifierOutput = defaultdict(list)
    end = perf_counter() + seconds

    async def one(turn: int) -> None:
        while perf_counter() < end:
            pause = await ask(client, server, answers, turn)
            await asyncio.sleep(min(pause, max(0.0, end - perf_counter())))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await asyncio.gather(*map(one, range(number)))
    return answers


async def beside(server: Server, number: int, people: int, seconds: float) -> tuple[ClassifierOutput, list[float]]:
    """Have so many requests under way and so many people draw every two seconds; how long each took in seconds."""
    drawings = int(seconds / _EVERY)
    answers, taken = await asyncio.gather(at_once(server, number, seconds), crowd(server.url, people, drawings, _EVERY))
    return answers, list(chain.from_iterable(taken))


async def ask(client: aiohttp.ClientSession, server: Server, answers: ClassifierOutput, turn: int) -> float:
    """Have a picture of 280x280 read; returns how many seconds to wait before the next."""
    start = perf_counter()
    async with client.post(f"{server.url}/api/predict", data={"file": PICTURES[turn % 10]}) as answer:
        await answer.read()
    answers[answer.status].append(perf_counter() - start)
    return float(answer.headers.get("Retry-After", 0))


def say(server: Server, load: str, answers: ClassifierOutput, seconds: float) -> None:
    """Print what came of a load."""
    print(f"{load}: {sum(map(len, answers.values())) / seconds:.0f} requests a second for {seconds:g} s")
    for status in sorted(answers):
        report(f"{status}, {len(answers[status]) / seconds:.0f} a second", answers[status])
    print(f"  memory of the server {memory(server):.0f} MB", flush=True)


PICTURES = [strokes_to_png(samples()[digit]) for digit in range(10)]


if __name__ == "__main__":
    main()
