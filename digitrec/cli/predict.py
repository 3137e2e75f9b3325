"""``predict``: read image files."""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from digitrec.cli.arguments import printable
from digitrec.errors import ImageError
from digitrec.imaging.decode import MAX_BYTES, SUFFIXES
from digitrec.recognition.models import default_model, load_model
from digitrec.recognition.recognition import Source, percent
from digitrec.recognition.recognizer import Recognizer
from digitrec.settings import settings

HELP = "Read the digit in each image file, and in each one of a folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="image file, or folder of image files")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--model",
        default=default_model(settings().model, settings().models),
        help="name of the model (default %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    recognizer = Recognizer(load_model(arguments.model, settings().models))
    failed = found = False
    for path in files(arguments.paths):
        found = True
        line = read(path, recognizer)
        print(json.dumps(line) if arguments.json else as_text(line), flush=True)
        failed |= line["error"] is not None
    if not found:
        raise ImageError(f"There are no pictures here. What is read ends in: {', '.join(SUFFIXES)}.", "nothing")
    return int(failed)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Each path that is no folder, and the image files in and below each one that is, sorted."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.is_file() and file.suffix.lower().removeprefix(".") in SUFFIXES
            )
        else:
            yield path


def read(path: Path, recognizer: Recognizer) -> dict[str, Any]:
    """What one file says, or in ``error`` why it cannot be read."""
    line: dict[str, Any] = dict.fromkeys(
        ("file", "text", "confidence", "verdict", "reason", "probabilities", "model", "milliseconds", "error")
    )
    line["file"] = str(path)
    line["model"] = recognizer.model.card.name
    try:
        with path.open("rb") as file:
            # One byte more than is read is enough to be refused.
            recognition = recognizer.read(file.read(MAX_BYTES + 1), Source.UPLOAD)
    except ImageError as error:
        return line | {"error": str(error)}
    except OSError as error:
        return line | {"error": f"The file cannot be opened: {error.strerror}."}
    return line | {
        "text": recognition.text,
        "confidence": recognition.confidence,
        "verdict": str(recognition.verdict),
        "reason": recognition.reason and str(recognition.reason),
        "probabilities": recognition.probabilities,
        "milliseconds": recognition.milliseconds,
    }


def as_text(line: dict[str, Any]) -> str:
    """The line for a person: file, text, confidence and verdict, parted by tabs."""
    file = printable(line["file"])
    if line["error"] is not None:
        return f"{file}\terror: {line['error']}"
    verdict = line["verdict"] + (f" ({line['reason']})" if line["reason"] else "")
    return f"{file}\t{line['text']}\t{percent(line['confidence'])}\t{verdict}"
