"""Asks the API for more than it gives: ``python -m benchmarks.overload``.

As much as it can read, then ten times what one address may ask for, then far more at once than there is room for in
the queue. Server and client share the machine.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import nullcontext
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp

from benchmarks.sessions import memory, report
from digitrec.samples import png, samples
from digitrec.settings import settings
from digitrec.limits import Limited
from tests.browser.server import Server, running_app

NO_LIMIT = "100000000/minute"

Taken = dict[int, list[float]]
"""How long each answer took in seconds, by its status."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long each load lasts (default 30)")
    parser.add_argument("--at-once", type=int, default=8, help="requests at once that the API is to bear (default 8)")
    parser.add_argument("--crowd", type=int, default=500, help="requests at once that it is not to bear (default 500)")
    arguments = parser.parse_args()
    with TemporaryDirectory() as data:
        with running_app(DIGITREC_DATA=data, DIGITREC_LIMIT_API=NO_LIMIT) as server:
            asyncio.run(press(server, arguments.at_once, 2))
            say(f"{arguments.at_once} at once", asyncio.run(press(server, arguments.at_once, arguments.seconds)), arguments.seconds)
            say(f"{arguments.crowd} at once", asyncio.run(press(server, arguments.crowd, arguments.seconds)), arguments.seconds)
            say(f"{arguments.at_once} at once, afterwards", asyncio.run(press(server, arguments.at_once, 5)), 5)
