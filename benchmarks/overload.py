"""Overload the API: ``python -m benchmarks.overload``.

It sends as many requests as one address may send, ten times as many, far more at once than the queue holds, and a
normal load while users draw. Server and client share the machine.
"""

import asyncio
from collections import defaultdict
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp

from benchmarks.sessions import EVERY, Drawn, crowd, memory, report, report_drawings
from digitrec.samples import samples, strokes_to_png
from tests.support.app import Server, running_app

NO_LIMIT = "1000000000/minute"
LIMIT = 10
SECONDS = 30  # How long each load lasts.
NORMAL, CROWD, PEOPLE = 8, 500, 20
"""Concurrent requests of a normal load and of an overload, and simulated users who draw meanwhile."""
PICTURES = [strokes_to_png(samples()[digit]) for digit in range(10)]

Responses = dict[int, list[float]]  # Response times in seconds, by status.


def main() -> None:
    """Run the benchmark and print its figures."""
    with TemporaryDirectory() as data:
        with running_app(DIGITREC_DATA=data, DIGITREC_LIMIT_API=f"{LIMIT}/second") as server:
            for number in (LIMIT, 10 * LIMIT):
                load = f"{number} requests a second, with a limit of {LIMIT} per address"
                report_load(server, load, asyncio.run(steadily(server, number)))
        no_limits = dict.fromkeys(("DIGITREC_LIMIT_API", "DIGITREC_LIMIT_DRAWINGS"), NO_LIMIT)
        with running_app(DIGITREC_DATA=data, **no_limits) as server:
            asyncio.run(at_once(server, NORMAL, 2))
            for number in (NORMAL, CROWD, NORMAL):
                report_load(server, f"without limit, {number} at once", asyncio.run(at_once(server, number)))
            responses, outcomes = asyncio.run(beside_users(server))
            report_load(server, f"the same, while {PEOPLE} users draw", responses)
            report_drawings(outcomes)


async def steadily(server: Server, each_second: float) -> Responses:
    """Send requests at a fixed rate, whether or not responses arrive."""
    responses: Responses = defaultdict(list)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client, asyncio.TaskGroup() as asking:
        for number in range(int(each_second * SECONDS)):
            asking.create_task(ask(client, server, responses, number))
            await asyncio.sleep(1 / each_second)
    return responses


async def at_once(server: Server, number: int, seconds: float = SECONDS) -> Responses:
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


async def beside_users(server: Server) -> tuple[Responses, list[Drawn | Exception]]:
    """Keep requests in flight while users draw; return the response times and the drawings."""
    users = crowd(server.url, PEOPLE, int(SECONDS / EVERY), with_previews=False)
    return await asyncio.gather(at_once(server, NORMAL), users)


async def ask(client: aiohttp.ClientSession, server: Server, responses: Responses, turn: int) -> float:
    """Send one 280×280 image and return the seconds to wait before the next."""
    start = perf_counter()
    async with client.post(f"{server.url}/api/predict", data={"file": PICTURES[turn % 10]}) as response:
        await response.read()
    responses[response.status].append(perf_counter() - start)
    return float(response.headers.get("Retry-After", 0))


def report_load(server: Server, load: str, responses: Responses) -> None:
    """Print the figures of one load."""
    print(f"{load}: {sum(map(len, responses.values())) / SECONDS:.0f} requests a second for {SECONDS} s")
    for status in sorted(responses):
        report(f"{status}, {len(responses[status]) / SECONDS:.0f} a second", responses[status])
    print(f"  memory of the server {memory(server):.0f} MB", flush=True)


if __name__ == "__main__":
    main()
