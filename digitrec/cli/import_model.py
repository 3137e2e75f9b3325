"""``import``: bring in a network of one's own."""

import argparse
import shlex
import shutil
from pathlib import Path

from digitrec.cli.arguments import model_name, printable
from digitrec.cli.evaluate import measure
from digitrec.config import settings
from digitrec.errors import ModelBroken

HELP = "Bring in a .keras or .h5 file or a SavedModel: check it, convert it to LiteRT, measure it and write its card."
VALIDATION = 5000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="the network: (N, 28, 28, 1) in [0, 1] to (N, 10)")
    parser.add_argument("--name", required=True, type=model_name, help="what it is to be called in the app")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder to measure it on, as of evaluate (else Keras downloads MNIST)"
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.datasets.digits import load_mnist, split
    from digitrec.training.data.download import data_folder
    from digitrec.training.import_model import bring_in

    name, models = arguments.name, settings().models
    if (models / name).exists():
        folder = models / name
        raise ModelBroken(f"There is a model named {name} already. Choose another name, or remove {folder}.", folder)
    train, _ = load_mnist(data_folder(arguments.data))
    _, validation = split(train, VALIDATION / len(train), seed=0)
    command = f"python -m digitrec import {shlex.quote(printable(arguments.path.name))} --name {name}"
    card = bring_in(arguments.path, name, models, validation, command)
    try:
        measure(name, arguments.data)
    except BaseException:
        # What was not measured is not offered.
        shutil.rmtree(models / name)
        raise
    print(f"\n{name} is in {models / name}: {card.parameters:,} parameters, {card.size_bytes / 1024:.0f} KB.")
    print("Choose it on the Draw page.")
    return 0
