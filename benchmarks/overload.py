"""Overload the API: ``python -m benchmarks.overload``.

It sends as many requests as one address may send, ten times as many, far more at once than the queue holds, and a
normal load while users draw. Server and client share the machine.
"""

import argparse
import asyncio
from collections import defaultdict
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp

from benchmarks.sessions import Drawn, crowd, memory, report, report_drawings
from digitrec.samples import samples, strokes_to_png
from tests.support.app import Server, running_app

NO_LIMIT = "1000000000/minute"
LIMIT = 10
_EVERY = 2.0
PICTURES = [strokes_to_png(samples()[digit]) for digit in range(10)]

Responses = dict[int, list[float]]
"""Response times in seconds, by status."""


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long each load lasts (default 30)")
    parser.add_argument("--at-once", type=int, default=8, help="concurrent requests of a normal load (default 8)")
    parser.add_argument("--people", type=int, default=20, help="simulated users who draw meanwhile (default 20)")
    parser.add_argument("--crowd", type=int, default=500, help="concurrent requests of an overload (default 500)")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    with TemporaryDirectory() as data:
        with running_app(DIGITREC_DATA=data, DIGITREC_LIMIT_API=f"{LIMIT}/second") as server:
            for number in (LIMIT, 10 * LIMIT):
                load = f"{number} requests a second, with a limit of {LIMIT} per address"
                report_load(server, load, asyncio.run(steadily(server, number, seconds)), seconds)
        no_limits = dict.fromkeys(("DIGITREC_LIMIT_API", "DIGITREC_LIMIT_DRAWINGS"), NO_LIMIT)
        with running_app(DIGITREC_DATA=data, **no_limits) as server:
            asyncio.run(at_once(server, arguments.at_once, 2))
            for number in (arguments.at_once, arguments.crowd, arguments.at_once):
                responses = asyncio.run(at_once(server, number, seconds))
                report_load(server, f"without limit, {number} at once", responses, seconds)
            responses, outcomes = asyncio.run(beside_users(server, arguments.at_once, arguments.people, seconds))
            report_load(server, f"the same, while {arguments.people} users draw", responses, seconds)
            report_drawings(outcomes)


async def steadily(server: Server, each_second: float, seconds: float) -> Responses:
    """Send requests at a fixed rate, whether or not responses arrive."""
    responses: Responses = defaultdict(list)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client, asyncio.TaskGroup() as asking:
        for number in range(int(each_second * seconds)):
            asking.create_task(ask(client, server, responses, number))
            await asyncio.sleep(1 / each_second)
    return responses


async def at_once(server: Server, number: int, seconds: float) -> Responses:
    """Keep this many requests in flight; after a refusal, wait as long as ``Retry-After`` says."""
    responses: Responses = defaultdict(list)
    end = perf_counter() + seconds

    async def one(turn: int) -> None:
        while perf_counter() < end:
            pause = await ask(client, server, responses, turn)
            await asyncio.sleep(min(pause, max(0.0, end - perf_counter())))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await asyncio.gather(*map(one, range(number)))
    return responses


async def beside_users(
    server: Server, number: int, people: int, seconds: float
) -> tuple[Responses, list[Drawn | Exception]]:
    """Keep requests in flight while users draw every two seconds; return the response times and the drawings."""
    drawings = int(seconds / _EVERY)
    users = crowd(server.url, people, drawings, _EVERY, with_previews=False)
    return await asyncio.gather(at_once(server, number, seconds), users)


async def ask(client: aiohttp.ClientSession, server: Server, responses: Responses, turn: int) -> float:
    """Send one 280×280 image and return the seconds to wait before the next."""
    start = perf_counter()
    async with client.post(f"{server.url}/api/predict", data={"file": PICTURES[turn % 10]}) as response:
        await response.read()
    responses[response.status].append(perf_counter() - start)
    return float(response.headers.get("Retry-After", 0))


def report_load(server: Server, load: str, responses: Responses, seconds: float) -> None:
    """Print the figures of one load."""
    print(f"{load}: {sum(map(len, responses.values())) / seconds:.0f} requests a second for {seconds:g} s")
    for status in sorted(responses):
        report(f"{status}, {len(responses[status]) / seconds:.0f} a second", responses[status])
    print(f"  memory of the server {memory(server):.0f} MB", flush=True)


if __name__ == "__main__":
    main()
