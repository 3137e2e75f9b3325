"""Options and types of arguments that several commands share."""

from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from pathlib import Path

from digitrec.recognition.models.cards import MODEL_NAME, MODEL_NAME_RULE
from digitrec.recognition.models.digit_model import KERAS_FILE

_MAX_NUMBER = 100_000


def add_training_options(parser: ArgumentParser) -> None:
    """Add the options of commands that train."""
    seed = partial(whole_number, minimum=0)
    parser.add_argument("--seed", type=seed, default=0, help="random seed (default 0)")
    bfloat16 = "train everyhand or line in bfloat16, about twice as fast on processors that support it"
    parser.add_argument("--bfloat16", action="store_true", help=bfloat16)
    runs = "folder from which an interrupted training run continues (default runs); remove it to start over"
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help=runs)


def existing_path(text: str) -> Path:
    """Return the path of a file or folder; raises OSError if it doesn't exist, before TensorFlow is loaded."""
    path = Path(text)
    path.stat()
    return path


def keras_folder(text: str) -> Path:
    """Return the path of a folder with a Keras model; raises OSError if it has none, before any data is loaded."""
    return existing_path(str(Path(text, KERAS_FILE))).parent


def whole_number(text: str, minimum: int = 1) -> int:
    """Parse a whole number of at least 1, or another minimum."""
    if not text.isdecimal() or not minimum <= int(text) <= _MAX_NUMBER:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {_MAX_NUMBER}")
    return int(text)


def model_name(text: str) -> str:
    """Parse the name of a model, which is also the name of its folder."""
    if not MODEL_NAME.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not a valid model name. {MODEL_NAME_RULE}")
    return text


def printable(text: str) -> str:
    """Return a file name that is safe to print: characters that can't be printed become question marks."""
    return "".join(character if character.isprintable() else "?" for character in text)
