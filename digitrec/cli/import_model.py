"""``import``: import a model that was trained elsewhere."""

import argparse
import shlex

from digitrec.cli.arguments import existing_path, model_name, printable
from digitrec.config import settings
from digitrec.datasets.digits import MNIST_TEST
from digitrec.errors import ModelBroken
from digitrec.recognition.models.cards import suggest_model_name

HELP = (
    "Import a .keras, .h5, .tflite or .onnx file or a SavedModel: check and convert it, work out which input it "
    "expects, evaluate it on MNIST and write its card."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    model = "model that takes an image of a digit and has an output for each digit"
    parser.add_argument("path", type=existing_path, metavar="PATH", help=model)
    parser.add_argument("--name", type=model_name, help="name of the model (default: made from the file name)")
    data = "folder with mnist.npz (MNIST is downloaded if not given)"
    parser.add_argument("--data", type=existing_path, metavar="DIR", help=data)
    trust = "allow code in the file, such as Lambda layers; use this only for files from people you trust"
    parser.add_argument("--trust", action="store_true", help=trust)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.data.training_data import data_folder
    from digitrec.training.imported.import_model import Request, import_model

    path, models = arguments.path.absolute(), settings().models
    name = arguments.name or suggest_model_name(path.name)
    if not name:
        message = f"The name of {arguments.path} has neither a letter from a to z nor a digit. Use --name."
        raise ModelBroken(message, path)
    folder = models / name
    if folder.exists():
        raise ModelBroken(f"A model named {name} already exists. Use another --name, or remove {folder}.", folder)
    data = data_folder(arguments.data).resolve()
    trust = " --trust" if arguments.trust else ""
    command = f"python -m digitrec import {shlex.quote(printable(path.name))} --name {name}{trust}"
    request = Request(path, name, data, command, arguments.trust)
    card = import_model(request, models, lambda stage: print(f"{stage} …", flush=True))
    chosen = card.conventions
    assert chosen is not None
    print(
        f"\nImported {name} to {folder}: {card.parameters:,} parameters, {card.size_bytes / 1024:.0f} KB.\n"
        f"Input: {chosen.scale}, {chosen.colors}, {chosen.fit}. Output: {chosen.values}. With these settings, its "
        f"accuracy on MNIST validation digits is {chosen.accuracy:.1%}.\n"
        f"Accuracy on {MNIST_TEST}: {card.evaluations[MNIST_TEST].accuracy:.1%}. To evaluate it on more data, run:\n"
        f"python -m digitrec evaluate --model {name} --data DIR\n"
        "You can choose it on the Draw page."
    )
    return 0
