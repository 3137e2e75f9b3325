"""``features``: write what a model's convolutions are looked at with."""

import argparse

from digitrec.config import settings
from digitrec.recognition.feature_maps import FEATURES_FILE

HELP = "Write the feature maps of a model's convolutions anew, from its model.keras."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.export import write_feature_maps

    folder = settings().models / arguments.model
    has_some = write_feature_maps(folder)
    print(f"{folder / FEATURES_FILE} is written." if has_some else f"{arguments.model} has no convolutions.")
    return 0
