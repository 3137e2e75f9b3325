"""``demo``: fill a history with samples, for a talk that starts with full charts."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digitrec.cli.arguments import positive
from digitrec.settings import settings

HELP = "Fill an empty data folder with sample records drawn by the makers of digitrec, marked as samples."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=positive, default=400, help="how many (default 400)")
    parser.add_argument("--days", type=positive, default=30, help="over how many days up to now (default 30)")
    parser.add_argument("--data", type=Path, default=settings().data, help="the data folder (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    import numpy as np

    from digitrec.accounts import LOCAL
    from digitrec.errors import StoreError
    from digitrec.recognition.models import default_model, load_model
    from digitrec.recognition.recognition import Source
    from digitrec.recognition.recognizer import Recognizer
    from digitrec.samples import png, samples, varied
    from digitrec.store.records import open_records

    records = open_records(arguments.data, LOCAL)
    if records.count():
        raise StoreError(f"{arguments.data} has records already; samples go into an empty folder only.")
    recognizer = Recognizer(load_model(default_model(settings().model, settings().models), settings().models))
    random = np.random.default_rng(0)
    now = datetime.now(UTC)
    # More on some days than on others, and towards now.
    ages = np.sort(random.beta(1.2, 2.0, arguments.records))[::-1] * arguments.days
    for age in ages:
        recognition = recognizer.read(png(varied(samples()[int(random.integers(10))], random)), Source.SAMPLE)
        records.save(recognition, Source.SAMPLE, at=now - timedelta(days=float(age)))
    print(f"{arguments.records} sample records in {arguments.data}")
    return 0
