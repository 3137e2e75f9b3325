"""``import``: import a network that was trained elsewhere."""

import argparse
import shlex
import shutil
from pathlib import Path

from digitrec.cli.arguments import model_name, printable
from digitrec.cli.evaluate import evaluate_digits
from digitrec.config import settings
from digitrec.errors import ModelBroken

HELP = "Import a .keras or .h5 file or a SavedModel: check it, convert it to LiteRT, evaluate it and write its card."
VALIDATION_DIGITS = 5000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    path = "network with input (N, 28, 28, 1) in [0, 1] and output (N, 10)"
    parser.add_argument("path", type=Path, metavar="PATH", help=path)
    parser.add_argument("--name", required=True, type=model_name, help="name of the model in the app")
    data = "folder with the data to evaluate it on, as for evaluate (MNIST is downloaded if not given)"
    parser.add_argument("--data", type=Path, metavar="DIR", help=data)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.datasets.digits import load_mnist, split
    from digitrec.training.data.training_data import data_folder
    from digitrec.training.import_model import import_model

    name, models = arguments.name, settings().models
    folder = models / name
    if folder.exists():
        raise ModelBroken(f"A model named {name} already exists. Use another --name, or remove {folder}.", folder)
    train, _ = load_mnist(data_folder(arguments.data))
    _, validation = split(train, VALIDATION_DIGITS / len(train), seed=0)
    command = f"python -m digitrec import {shlex.quote(printable(arguments.path.name))} --name {name}"
    card = import_model(arguments.path, name, models, validation, command)
    try:
        evaluate_digits(name, arguments.data)
    except BaseException:
        # The app offers every model in the folder, so don't leave one that wasn't evaluated.
        shutil.rmtree(folder)
        raise
    print(f"\nImported {name} to {folder}: {card.parameters:,} parameters, {card.size_bytes / 1024:.0f} KB.")
    print("You can choose it on the Draw page.")
    return 0
