"""Measure many users at once, and the pages of one user with a long history: ``python -m benchmarks.sessions``.

Sessions talk to the app over its websockets, as browsers do, and each draws every two seconds. A drawing takes 0.6
seconds, during which the session asks for up to 10 previews a second. Two times are measured: from lifting the pen to
the final prediction, which is that of the preview of the finished drawing or, if the server had no time for it, that of
the script run; and from sending the drawing, which the canvas does 0.2 seconds after the pen was lifted, to the end of
the script run, when it is saved. Server and client share the machine.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import psutil
from websockets.exceptions import WebSocketException

from digitrec.accounts.users import LOCAL_USER
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod
from digitrec.samples import samples, strokes_to_png
from digitrec.services import services
from digitrec.storage.history import open_history
from tests.support.app import Server, running_app
from tests.support.client import Previews, ScriptRun, Session, encoded_canvas_state
from tests.support.cluster import running_cluster
from tests.support.pictures import part_with_ink
from tests.support.sign_in import write_secrets

HISTORY = 10_000
DISTINCT = 1000
"""How many different drawings there are, enough that the server can't reuse earlier predictions."""
ROUNDS, DRAWINGS, EVERY = 3, 10, 2.0
"""How many rounds there are, how often each session draws in a round, and the seconds between its drawings."""
DRAWING_SECONDS, PREVIEW_SECONDS, DEBOUNCE_SECONDS, PAUSE_SECONDS = 0.6, 0.1, 0.2, 1.0
"""How long a drawing takes, and the intervals of ``digitrec/web/draw/live_result.js``."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outcome of a drawing, with times in seconds."""

    final: float  # From lifting the pen to the final prediction.
    saved: float  # From sending the drawing to the end of the script run.
    previews: int  # How many previews were asked for, that of the finished drawing included.
    answered: int  # How many of them the server had time for.


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, help="sessions at once (default 100)")
    parser.add_argument("--no-previews", action="store_true", help="ask for no previews while drawing")
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
            asyncio.run(one_session(server, not arguments.no_previews))
            servers, url = [server], server.url
        for number in range(1, ROUNDS + 1):
            before = sum(map(cpu_seconds, servers))
            outcomes = asyncio.run(crowd(url, arguments.sessions, DRAWINGS, not arguments.no_previews))
            cpu = sum(map(cpu_seconds, servers)) - before
            print(f"round {number}: {arguments.sessions} sessions, each drawing every {EVERY:g} s")
            report_drawings(outcomes)
            if servers:
                print(f"  CPU time of the server per drawing {cpu / len(outcomes) * 1e3:.1f} ms, with page loads")
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


async def one_session(server: Server, with_previews: bool) -> None:
    """Measure one session: the time and the server's CPU time that a rerun after a stroke takes, and its pages."""
    async with Session(server.url) as session:
        await draw(session, 0)
        before = cpu_seconds(server)
        taken = [await draw(session, turn) for turn in range(200)]
        cpu = (cpu_seconds(server) - before) / len(taken)
        print(f"one session, {HISTORY} predictions in its history")
        report_runs("stroke to result, saved", taken)
        print(f"  CPU time of the server per stroke {cpu * 1e3:.1f} ms")
        if with_previews:
            async with Previews(session) as previews:
                before = cpu_seconds(server)
                drawn = [await draw_slowly(session, previews, turn) for turn in range(40)]
                cpu = (cpu_seconds(server) - before) / len(drawn)
            report_drawings(drawn)
            print(f"  CPU time of the server per drawing {cpu * 1e3:.1f} ms")
        for page in ("history", "analytics"):
            await session.run(page=page)
            report_runs(f"the {page} page", [await session.run(page=page) for _ in range(50)])


async def crowd(url: str, sessions: int, drawings: int, with_previews: bool) -> list[Drawn | Exception]:
    """Draw in many sessions, and return the outcome of each drawing."""
    everybody = asyncio.Barrier(sessions)
    for number in range(DISTINCT):
        finished_picture(number)

    async def user(number: int) -> list[Drawn | Exception]:
        chance = random.Random(number)
        await asyncio.sleep(EVERY * number / sessions)
        async with AsyncExitStack() as opened:
            session = await opened.enter_async_context(Session(url))
            previews = await opened.enter_async_context(Previews(session)) if with_previews else None
            # Start when everybody has connected: opening a page costs more than a stroke.
            await everybody.wait()
            outcomes: list[Drawn | Exception] = []
            for _ in range(drawings):
                pause = EVERY * chance.uniform(0.5, 1.5) - DRAWING_SECONDS - DEBOUNCE_SECONDS
                await asyncio.sleep(max(pause, 0))
                try:
                    outcomes.append(await draw_slowly(session, previews, chance.randrange(DISTINCT)))
                except (RuntimeError, OSError, WebSocketException) as error:
                    outcomes.append(error)
            return outcomes

    return [*chain.from_iterable(await asyncio.gather(*map(user, range(sessions))))]


async def draw_slowly(session: Session, previews: Previews | None, number: int) -> Drawn:
    """Replace what is on the canvas with drawing ``number``, drawn at a person's speed."""
    growing, finished = growing_pictures(number % 10), finished_picture(number)
    asked: list[asyncio.Task[str | None]] = []
    begin, not_before = perf_counter(), 0.0

    async def preview(image: str) -> str | None:
        nonlocal not_before
        assert previews
        start = perf_counter()
        html = await previews.ask(image)
        taken = perf_counter() - start
        not_before = start + taken + (max(PREVIEW_SECONDS - taken, taken) if html else PAUSE_SECONDS)
        return html

    for turn, image in enumerate(growing):
        await asyncio.sleep(max(begin + turn * PREVIEW_SECONDS - perf_counter(), 0))
        if previews and previews.is_idle and perf_counter() >= not_before:
            asked.append(asyncio.create_task(preview(image)))
    await asyncio.sleep(max(begin + DRAWING_SECONDS - perf_counter(), 0))
    lifted, final = perf_counter(), float("inf")

    async def final_preview() -> str | None:
        nonlocal final
        assert previews
        if html := await previews.ask(finished, lifted=True):
            final = perf_counter() - lifted
        return html

    if previews:
        asked.append(asyncio.create_task(final_preview()))
    await asyncio.sleep(DEBOUNCE_SECONDS)
    run = await draw(session, number)
    results = await asyncio.gather(*asked)
    shown = min(final, DEBOUNCE_SECONDS + run.result_seconds)
    return Drawn(shown, run.seconds, len(results), sum(html is not None for html in results))


@cache
def growing_pictures(digit: int) -> list[str]:
    """Return the canvas at several moments while a sample digit is drawn."""
    points = sum(len(stroke.points) for stroke in samples()[digit])
    steps = round(DRAWING_SECONDS / PREVIEW_SECONDS)
    return [part_with_ink(_beginning(samples()[digit], points * step // steps)) for step in range(1, steps)]


def finished_picture(number: int) -> str:
    """Return the image of a drawing that the canvas sends."""
    return encoded_canvas_state(drawing(number))["drawing"]["data"]


@cache
def drawing(number: int) -> tuple[Stroke, ...]:
    """Return a sample digit, moved by a few pixels; ``DISTINCT`` of them differ."""
    shift = number // 10
    right, down = shift % 10 - 5, shift // 10 % 10 - 5
    strokes = samples()[number % 10]
    return tuple(Stroke(tuple((x + right, y + down) for x, y in stroke.points), stroke.width) for stroke in strokes)


def _beginning(strokes: Sequence[Stroke], points: int) -> tuple[Stroke, ...]:
    begun = []
    for stroke in strokes:
        if points > 0:
            begun.append(Stroke(stroke.points[:points], stroke.width))
        points -= len(stroke.points)
    return tuple(begun)


async def draw(session: Session, number: int) -> ScriptRun:
    """Replace what is on the canvas with drawing ``number``."""
    run = await session.draw(drawing(number))
    if not run.is_saved:
        raise RuntimeError("A drawing was not saved.")
    return run


def report_drawings(outcomes: Sequence[Drawn | Exception]) -> None:
    """Print percentiles of the times of drawings, how many previews there were, and the errors."""
    drawn = [outcome for outcome in outcomes if isinstance(outcome, Drawn)]
    report("pen lifted to final prediction", [outcome.final for outcome in drawn])
    report("drawing sent to saved", [outcome.saved for outcome in drawn])
    asked, answered = (sum(getattr(outcome, name) for outcome in drawn) for name in ("previews", "answered"))
    errors = [outcome for outcome in outcomes if not isinstance(outcome, Drawn)]
    print(f"  previews {answered} of {asked}, errors {len(errors)}", *{repr(error) for error in errors})


def report_runs(name: str, runs: Sequence[ScriptRun]) -> None:
    """Print percentiles of the whole wait, and of the script runs within it."""
    report(name, [run.seconds for run in runs])
    report("  the script run alone", [run.run_seconds for run in runs])


def report(name: str, taken: Sequence[float]) -> None:
    """Print percentiles of seconds as milliseconds."""
    p50, p95, p99 = np.percentile(taken or [np.inf], [50, 95, 99]) * 1e3
    print(f"  {name}: {len(taken)}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")


def cpu_seconds(server: Server) -> float:
    """Return the CPU time the server has used since it started."""
    return sum(psutil.Process(server.process.pid).cpu_times()[:2])


def memory(server: Server) -> float:
    """Return the resident memory of the server in MB."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20


if __name__ == "__main__":
    main()
