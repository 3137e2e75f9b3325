"""``predict``: read image files."""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from digitrec.cli.arguments import printable
from digitrec.config import LINE, settings
from digitrec.errors import ImageError, ModelError
from digitrec.imaging.decode import MAX_BYTES, SUFFIXES
from digitrec.prediction import InputMethod, NumberPrediction, Prediction, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.catalog import default_model
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import AnyRecognizer, NumberRecognizer

HELP = "Read the digit, or the number, in each image file, and in each one of a folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="image file, or folder of image files")
    parser.add_argument("--number", action="store_true", help="read a whole number from each picture, not one digit")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--model",
        help="name of the model that reads single digits "
        f"(default {default_model(settings().model, settings().models)})",
    )


def run(arguments: argparse.Namespace) -> int:
    models = settings().models
    name = arguments.model or (LINE if arguments.number else default_model(settings().model, models))
    if arguments.number != (name == LINE):
        message = f"Numbers are read by {LINE} with --number, single digits by the other models without it."
        raise ModelError(message, models / name)
    recognizer: AnyRecognizer = (
        NumberRecognizer(load_line_model(models))
        if arguments.number
        else DigitRecognizer(load_digit_model(name, models))
    )
    failed = found = False
    for path in find_images(arguments.paths):
        found = True
        line = predict_file(path, recognizer)
        print(json.dumps(line) if arguments.json else as_text(line), flush=True)
        failed |= line["error"] is not None
    if not found:
        raise ImageError(f"There are no pictures here. What is read ends in: {', '.join(SUFFIXES)}.", "nothing")
    return int(failed)


def find_images(paths: Iterable[Path]) -> Iterator[Path]:
    """Each path that is no folder, and the image files in and below each one that is, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.is_file() and file.suffix.lower().removeprefix(".") in SUFFIXES
            )
        else:
            yield path


def predict_file(path: Path, recognizer: AnyRecognizer) -> dict[str, Any]:
    """What one file says, or in ``error`` why it cannot be read."""
    line: dict[str, Any] = dict.fromkeys(
        ("file", "text", "confidence", "verdict", *_DETAILS[type(recognizer)], "model", "milliseconds", "error")
    )
    line["file"] = str(path)
    line["model"] = recognizer.model.card.name
    try:
        with path.open("rb") as file:
            # One byte more than is read is enough to be refused.
            prediction = recognizer.recognize(file.read(MAX_BYTES + 1), InputMethod.UPLOAD)
    except ImageError as error:
        return line | {"error": str(error)}
    except OSError as error:
        return line | {"error": f"The file cannot be opened: {error.strerror}."}
    details = _of_number(prediction) if isinstance(prediction, NumberPrediction) else _of_digit(prediction)
    return line | {
        "text": prediction.text,
        "confidence": prediction.confidence,
        "verdict": str(prediction.verdict),
        **details,
        "milliseconds": prediction.milliseconds,
    }


_DETAILS = {DigitRecognizer: ("reason", "probabilities"), NumberRecognizer: ("digits", "alternatives", "doubts")}


def _of_digit(prediction: Prediction) -> dict[str, Any]:
    return {
        "reason": prediction.reason and str(prediction.reason),
        "probabilities": prediction.probabilities,
    }


def _of_number(prediction: NumberPrediction) -> dict[str, Any]:
    """As the API tells it."""
    height, width = prediction.steps[0].image.shape[:2]
    return {
        "digits": [
            {
                "digit": digit.digit,
                "confidence": digit.confidence,
                "box": digit.box.relative_to(width, height)._asdict(),
            }
            for digit in prediction.digits
        ],
        "alternatives": [
            {"number": reading.text, "confidence": reading.probability} for reading in prediction.alternatives
        ],
        "doubts": list(prediction.doubts),
    }


def as_text(line: dict[str, Any]) -> str:
    """The line for a person: file, text, confidence and verdict, parted by tabs."""
    file = printable(line["file"])
    if line["error"] is not None:
        return f"{file}\terror: {line['error']}"
    verdict = line["verdict"] + (f" ({line['reason']})" if line.get("reason") else "")
    return f"{file}\t{line['text']}\t{percent(line['confidence'])}\t{verdict}"
