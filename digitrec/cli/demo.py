"""``demo``: fill a history with samples, for a talk that starts with full charts."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from digitrec.cli.arguments import positive
from digitrec.config import settings
from digitrec.imaging.strokes import Stroke
from digitrec.samples import NUMBER_CANVAS_WIDTH, known_mistakes, samples, strokes_to_png, vary_strokes, write_number
from digitrec.storage.saved_prediction import NO_DIGIT

HELP = "Fill an empty data folder with sample records drawn by the makers of digitrec, marked as samples."


_ODD = 0.08
"""The share of drawings that are of the kind a network gets wrong."""
_NUMBERS = 0.1
"""The share of drawings that are whole numbers."""
_TOLD = 0.4
"""The share of records that say what they really are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=positive, default=400, help="how many (default 400)")
    parser.add_argument("--days", type=positive, default=30, help="over how many days up to now (default 30)")
    parser.add_argument("--data", type=Path, default=settings().data, help="the data folder (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts.users import LOCAL_USER
    from digitrec.errors import StorageError
    from digitrec.prediction import AnyPrediction, InputMethod
    from digitrec.services import services
    from digitrec.storage.history import open_history

    history = open_history(arguments.data, LOCAL_USER)
    if history.count():
        raise StorageError(f"{arguments.data} has records already; samples go into an empty folder only.")
    recognizer, number_recognizer = services().digit_recognizer(), services().number_recognizer()
    random = np.random.default_rng(0)
    now = datetime.now(UTC)
    # More on some days than on others, and towards now.
    ages = np.sort(random.beta(1.2, 2.0, arguments.records))[::-1] * arguments.days
    for age in ages:
        prediction: AnyPrediction
        if random.random() < _NUMBERS:
            truth, strokes = _number(random)
            prediction = number_recognizer.recognize(strokes_to_png(strokes, NUMBER_CANVAS_WIDTH), InputMethod.SAMPLE)
        else:
            truth, strokes = _drawn(random)
            prediction = recognizer.recognize(strokes_to_png(strokes), InputMethod.SAMPLE)
        saved = history.save(prediction, InputMethod.SAMPLE, strokes=strokes, at=now - timedelta(days=float(age)))
        if random.random() < _TOLD:
            history.set_label(saved.prediction_id, truth)
    print(f"{arguments.records} sample records in {arguments.data}")
    return 0


def _drawn(random: np.random.Generator) -> tuple[str, tuple[Stroke, ...]]:
    """What somebody may have drawn: what it really is, and its strokes."""
    if random.random() < _ODD:
        odd = known_mistakes()[int(random.integers(len(known_mistakes())))]
        return NO_DIGIT if odd.digit is None else str(odd.digit), odd.strokes
    digit = int(random.integers(10))
    return str(digit), vary_strokes(samples()[digit], random)


def _number(random: np.random.Generator) -> tuple[str, tuple[Stroke, ...]]:
    """A number that somebody may have drawn, and its strokes."""
    number = "".join(map(str, random.integers(0, 10, random.integers(2, 7))))
    return number, write_number(number, {digit: vary_strokes(strokes, random) for digit, strokes in samples().items()})
