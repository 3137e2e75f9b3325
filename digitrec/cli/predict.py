"""``predict``: recognize the digits in image files."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from digitrec.cli.arguments import printable
from digitrec.cli.quiet import quiet_stderr
from digitrec.config import LINE, settings
from digitrec.errors import ImageError, ModelError
from digitrec.imaging.files.decode import MAX_BYTES, SUFFIXES
from digitrec.prediction import AnyPrediction, InputMethod, Mode, NumberPrediction, percent
from digitrec.recognition.automatic import AUTO, AnyRecognizer, AutomaticRecognizer
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.cards import default_model
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import NumberRecognizer

HELP = "Recognize the digit or number in image files."
_STANDARD_INPUT = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="image file, folder with image files, or - for standard input",
    )
    parser.add_argument(
        "--mode",
        choices=(AUTO, *map(str, Mode)),  # Errors would show members of Mode as Python does.
        default=AUTO,
        help="what to recognize: one digit, a number, or whichever each image shows (auto, the default)",
    )
    parser.add_argument(
        "--number", dest="mode", action="store_const", const=Mode.NUMBER, help="the same as --mode number"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    default = default_model(settings().model, settings().models)
    parser.add_argument("--model", help=f"name of the model for single digits (default {default})")


def run(arguments: argparse.Namespace) -> int:
    with quiet_stderr():
        recognizer = _load_recognizer(arguments.mode, arguments.model)
    errors = []
    for path in find_images(arguments.paths):
        result = predict_file(path, recognizer)
        print(json.dumps(result) if arguments.json else as_text(result), flush=True)
        errors.append(result["error"])
    if not errors:
        raise ImageError(f"No images found. Supported file types: {', '.join(SUFFIXES)}.", "nothing")
    return int(any(errors))


def _load_recognizer(mode: str, name: str | None) -> AnyRecognizer:
    models = settings().models
    is_number = mode == Mode.NUMBER
    name = name or (LINE if is_number else default_model(settings().model, models))
    if is_number != (name == LINE):
        raise ModelError(f"Use the model {LINE} with --mode number, and other models for single digits.", models / name)
    if is_number:
        return NumberRecognizer(load_line_model(models))
    digits = DigitRecognizer(load_digit_model(name, models))
    if mode == Mode.DIGIT:
        return digits
    return AutomaticRecognizer(digits, NumberRecognizer(load_line_model(models)))


def find_images(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the paths that are files, and the sorted image files in and below those that are folders."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.is_file() and file.suffix.lower().removeprefix(".") in SUFFIXES
            )
        else:
            yield path


def predict_file(path: Path, recognizer: AnyRecognizer) -> dict[str, Any]:
    """Return the prediction for one file, or the reason it failed in ``error``."""
    try:
        with path.open("rb") if path != _STANDARD_INPUT else nullcontext(sys.stdin.buffer) as file:
            # One byte more than allowed is enough to reject the file.
            prediction = recognizer.recognize(file.read(MAX_BYTES + 1), InputMethod.UPLOAD)
    except (ImageError, OSError) as error:
        message = str(error) if isinstance(error, ImageError) else f"Can't open the file: {error.strerror}."
        is_number = isinstance(recognizer, NumberRecognizer)
        details = ("digits", "alternatives", "doubts") if is_number else ("reason", "probabilities")
        nothing = dict.fromkeys(("text", "confidence", "verdict", *details))
        model = recognizer.model.card.name
        return {"file": str(path), **nothing, "model": model, "milliseconds": None, "error": message}
    return {
        "file": str(path),
        "text": prediction.text,
        "confidence": prediction.confidence,
        "verdict": prediction.verdict,
        **_details(prediction),
        "model": prediction.model,
        "milliseconds": prediction.milliseconds,
        "error": None,
    }


def _details(prediction: AnyPrediction) -> dict[str, Any]:
    """Return the fields that only digits or only numbers have, named as in the API."""
    if not isinstance(prediction, NumberPrediction):
        return {"reason": prediction.reason, "probabilities": prediction.probabilities}
    height, width = prediction.steps[0].image.shape[:2]
    return {
        "digits": [
            {"digit": one.digit, "confidence": one.confidence, "box": one.box.relative_to(width, height)._asdict()}
            for one in prediction.digits
        ],
        "alternatives": [{"number": text, "confidence": probability} for text, probability in prediction.alternatives],
        "doubts": list(prediction.doubts),
    }


def as_text(result: dict[str, Any]) -> str:
    """Format a result as file, text, confidence and verdict, separated by tabs."""
    file = printable(result["file"])
    if result["error"] is not None:
        return f"{file}\terror: {result['error']}"
    verdict = result["verdict"] + (f" ({result['reason']})" if result.get("reason") else "")
    return f"{file}\t{result['text']}\t{percent(result['confidence'])}\t{verdict}"
