"""Measure the history with a million predictions of a thousand users: ``python -m benchmarks.store``.

The predictions are created once, in SQLite and in a separate PostgreSQL server, and kept in a folder for the next run.
A tenth of them belong to one user.
"""

import argparse
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select, text

from digitrec.accounts.users import User
from digitrec.analytics.summary import summarize
from digitrec.cli.benchmark import measure
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod, Prediction
from digitrec.samples import samples, strokes_to_png, vary_strokes
from digitrec.services import services
from digitrec.storage.database import Database
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.saved_prediction import as_json
from digitrec.storage.schema import predictions, users
from tests.support.databases import running_postgresql

DAYS = 365
USERS = 1000
PAGE = 24
WRITERS = 8
BATCH = 10_000

Drawing = tuple[Prediction, dict[str, Any]]
"""The prediction for a drawing, and the columns of its row that do not depend on the user and the time."""


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.store", description=__doc__)
    parser.add_argument("--predictions", type=int, default=1_000_000, help="number of predictions (default 1000000)")
    parser.add_argument("--folder", type=Path, default=Path("runs/store"), help="data folder (default runs/store)")
    parser.add_argument("--seconds", type=float, default=60, help="how long eight processes write (default 60)")
    arguments = parser.parse_args()
    # Not in the folder itself, which nobody else could enter any more, including the user that PostgreSQL runs as.
    data = arguments.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    drawings, images = recognize_drawings(), data / "images"
    with running_postgresql((arguments.folder / "postgresql").resolve()) as server:
        for name, where in (("SQLite", data / "digitrec.sqlite"), ("PostgreSQL", server.get_uri())):
            database = Database(where).open()
            fill(database, drawings, arguments.predictions)
            print(f"{name}, {count(database):,} predictions of {USERS:,} users, milliseconds", flush=True)
            measure_users(database, images, drawings)
            write_concurrently(where, images, arguments.seconds)
            database.engine.dispose()


def recognize_drawings() -> list[Drawing]:
    """Recognize a hundred drawings."""
    random = np.random.default_rng(0)
    drawings = []
    for number in range(100):
        strokes = vary_strokes(samples()[number % 10], random)
        prediction = services().digit_recognizer().recognize(strokes_to_png(strokes), InputMethod.CANVAS)
        row = {
            "input_type": InputMethod.CANVAS,
            "predicted_label": prediction.label,
            "confidence": round(prediction.confidence, 4),
            "verdict": prediction.verdict,
            "reason": prediction.reason,
            "probabilities": [round(value, 6) for value in prediction.probabilities],
            "strokes": as_json(strokes),
            "model": prediction.model,
            "processing_time_ms": prediction.milliseconds,
        }
        drawings.append((prediction, row))
    return drawings


def user(number: int) -> User:
    """Return one of the users."""
    return User(f"subject-{number}", f"{number}@example.org", f"User {number}")


def count(database: Database) -> int:
    """Return the number of predictions."""
    return database.run(lambda connection: connection.scalar(select(func.count()).select_from(predictions))) or 0


def fill(database: Database, drawings: list[Drawing], total: int) -> None:
    """Add predictions until there are ``total``, spread across the users and the past year."""
    existing = count(database)
    if existing >= total:
        return
    now, start = datetime.now(UTC), perf_counter()
    with database.engine.begin() as connection:
        if not existing:
            everybody = [user(number) for number in range(USERS)]
            rows = [{"google_id": one.subject, "email": one.email, "name": one.name} for one in everybody]
            connection.execute(insert(users).values(created_at=now), rows)
        ids = list(connection.scalars(select(users.c.user_id)))

    def row(number: int) -> dict[str, Any]:
        at = now - timedelta(days=DAYS) * (1 - number / total)
        user_id = ids[number * 389 % len(ids) if number // 100 % 10 else 0]
        own = {"user_id": user_id, "image_path": secrets.token_urlsafe(16), "created_at": at, "changed_at": at}
        return {**drawings[number * 7 % len(drawings)][1], **own}

    for begin in range(existing, total, BATCH):
        with database.engine.begin() as connection:
            connection.execute(insert(predictions), list(map(row, range(begin, min(begin + BATCH, total)))))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
    print(f"added {total - existing:,} predictions in {perf_counter() - start:.0f} s", flush=True)


def measure_users(database: Database, images: Path, drawings: list[Drawing]) -> None:
    """Measure response times for a user with few predictions and one with many, and for everyone's analytics."""
    history, busiest = (History(database, Images(images), user(number)) for number in (7, 0))
    summary = partial(summarize, database, zone=UTC)
    month = Period(datetime.now(UTC) - timedelta(days=30))

    def page(number: int) -> None:
        history.count()
        for saved in history.page(NO_FILTER, Order.NEWEST, PAGE, number * PAGE):
            history.picture(saved)

    measure("save", lambda one: history.save(one[0], InputMethod.CANVAS), drawings, 200)
    measure("first history page", page, [0], 100)
    measure("20th history page", page, [19], 100)
    measure("analytics of one user, all time", lambda one: summary(Period(), user=one), [history.user], 20)
    measure("analytics of the busiest user, all time", lambda one: summary(Period(), user=one), [busiest.user], 10)
    measure_pages(busiest)
    measure("analytics of everyone, 30 days", summary, [month], 10)
    measure("analytics of everyone, all time", summary, [Period()], 5)


def measure_pages(history: History) -> None:
    """Time the first, the middle and the last page of a long history, including the count of its predictions."""
    for name, filter in (("all", NO_FILTER), ("filtered", Filter(labels=("7",), label_status=LabelStatus.UNLABELED))):
        for order in (Order.NEWEST, Order.LEAST_CONFIDENT):

            def page(offset: int, filter: Filter = filter, order: Order = order) -> None:
                history.count(filter)
                history.page(filter, order, PAGE, offset)

            total = history.count(filter)
            for place, offset in (("first", 0), ("middle", total // 2), ("last", max(total - PAGE, 0))):
                measure(f"{place} page of {total:,} predictions, {name}, {order}", page, [offset], 30)


def write_concurrently(where: Path | str, images: Path, seconds: float) -> None:
    """Save from eight processes at once, and check that nothing is lost."""
    database = Database(where).open()
    before, began = count(database), datetime.now(UTC)
    with get_context("spawn").Pool(WRITERS) as pool:
        results = pool.starmap(write, [(where, images, number, seconds) for number in range(WRITERS)])
    added = count(database) - before
    durations = np.concatenate([own for own, _ in results]) * 1e3
    errors = sum(errors for _, errors in results)
    p50, p95 = np.percentile(durations, [50, 95])
    print(
        f"  {WRITERS} writers for {seconds:g} s: {len(durations):,} saved, {added:,} added, {errors} errors; "
        f"p50 {p50:.1f} ms, p95 {p95:.1f} ms",
        flush=True,
    )
    if errors or added != len(durations):
        raise SystemExit("Predictions were lost.")
    # Otherwise the last days would hold more with every run.
    with database.engine.begin() as connection:
        connection.execute(delete(predictions).where(predictions.c.created_at >= began))
    database.engine.dispose()


def write(where: Path | str, images: Path, number: int, seconds: float) -> tuple[list[float], int]:
    """Save until the time is over; return the seconds that each save took, and the number of errors."""
    history = History(Database(where), Images(images), user(number))
    prediction = services().digit_recognizer().recognize(strokes_to_png(samples()[number]), InputMethod.CANVAS)
    durations, errors, end = [], 0, monotonic() + seconds
    while monotonic() < end:
        start = perf_counter()
        try:
            history.save(prediction, InputMethod.CANVAS)
            durations.append(perf_counter() - start)
        except StorageError:
            errors += 1
    return durations, errors


if __name__ == "__main__":
    main()
