"""The command line, with one module for each command.

A command module has ``HELP``, ``add_arguments(parser)`` and ``run(arguments) -> exit status``. It imports what it needs
inside ``run``, so that quick commands don't wait for TensorFlow.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from digitrec import __version__
from digitrec.errors import DigitrecError

_MODULES = (
    "predict",
    "train",
    "evaluate",
    "compare",
    "folds",
    "import_model",
    "features",
    "index",
    "migrate",
    "tidy",
    "benchmark",
    "demo",
)
_TRAINING_LIBRARIES = ("tensorflow", "keras", "tf_keras", "h5py", "HersheyFonts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if isinstance(sys.stdout, TextIOWrapper):
        # File names may contain characters that the encoding of the output lacks.
        sys.stdout.reconfigure(errors="replace")
    try:
        parsed = _parser().parse_args(arguments)
        return int(parsed.run(parsed))
    except DigitrecError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        if library == "digitrec":
            raise
        requirements = "requirements.txt" if library in _TRAINING_LIBRARIES else "requirements-serve.txt"
        print(f"{library} isn't installed. Activate digitrec's environment, or run:", file=sys.stderr)
        print(f"pip install -r {requirements}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of a pipe, such as head, has closed it. Discard what is still buffered.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}" if error.filename else error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m digitrec", description="Recognize handwritten digits and numbers.")
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in _MODULES:
        module = import_module(f"digitrec.cli.{name}")
        # A module can't be named "import".
        subparser = subparsers.add_parser(name.removesuffix("_model"), help=module.HELP, description=module.HELP)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser
