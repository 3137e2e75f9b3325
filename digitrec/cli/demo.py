"""``demo``: fill a history with sample predictions, so that a presentation starts with full charts."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from digitrec.cli.arguments import whole_number
from digitrec.cli.quiet import quiet_stderr
from digitrec.config import settings
from digitrec.imaging.strokes import Stroke
from digitrec.samples import NUMBER_CANVAS_WIDTH, known_mistakes, samples, strokes_to_png, vary_strokes, write_number
from digitrec.storage.saved_prediction import NO_DIGIT

HELP = "Fill an empty data folder with sample predictions, for a presentation."

# Shares of the predictions: known mistakes among the digits, numbers, and labeled ones.
_MISTAKES = 0.08
_NUMBERS = 0.1
_LABELED = 0.4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    predictions = "number of predictions (default 400)"
    parser.add_argument("--predictions", "--records", type=whole_number, default=400, metavar="N", help=predictions)
    days = "spread them over this many days (default 30)"
    parser.add_argument("--days", type=whole_number, default=30, metavar="N", help=days)
    parser.add_argument("--data", type=Path, default=settings().data, help="data folder (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts.users import LOCAL_USER
    from digitrec.errors import StorageError
    from digitrec.prediction import AnyPrediction, InputMethod
    from digitrec.services import services
    from digitrec.storage.history import open_history

    history = open_history(arguments.data, LOCAL_USER)
    if history.count():
        raise StorageError(f"{arguments.data} already contains predictions. Use --data with an empty folder.")
    with quiet_stderr():
        digits, numbers = services().digit_recognizer(), services().number_recognizer()
    random = np.random.default_rng(0)
    now = datetime.now(UTC)
    # More on some days than on others, and more on recent ones.
    ages = np.sort(random.beta(1.2, 2.0, arguments.predictions))[::-1] * arguments.days
    for age in ages:
        prediction: AnyPrediction
        if random.random() < _NUMBERS:
            label, strokes = _draw_number(random)
            prediction = numbers.recognize(strokes_to_png(strokes, NUMBER_CANVAS_WIDTH), InputMethod.SAMPLE)
        else:
            label, strokes = _draw_digit(random)
            prediction = digits.recognize(strokes_to_png(strokes), InputMethod.SAMPLE)
        saved = history.save(prediction, InputMethod.SAMPLE, strokes=strokes, at=now - timedelta(days=float(age)))
        if random.random() < _LABELED:
            history.set_label(saved.prediction_id, label)
    print(f"Saved {arguments.predictions} sample predictions in {arguments.data}.")
    return 0


def _draw_digit(random: np.random.Generator) -> tuple[str, tuple[Stroke, ...]]:
    """Return the label and the strokes of a digit, or of a known mistake."""
    if random.random() < _MISTAKES:
        mistake = known_mistakes()[int(random.integers(len(known_mistakes())))]
        return NO_DIGIT if mistake.digit is None else str(mistake.digit), mistake.strokes
    digit = int(random.integers(10))
    return str(digit), vary_strokes(samples()[digit], random)


def _draw_number(random: np.random.Generator) -> tuple[str, tuple[Stroke, ...]]:
    """Return a number and its strokes."""
    number = "".join(map(str, random.integers(0, 10, random.integers(2, 7))))
    return number, write_number(number, {digit: vary_strokes(strokes, random) for digit, strokes in samples().items()})
