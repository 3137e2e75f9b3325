"""``features``: export the feature maps and the gradient of a model."""

import argparse

from digitrec.config import settings
from digitrec.recognition.feature_maps import FEATURES_FILE

HELP = "Export the feature maps of a model's convolutions and its gradient from its model.keras."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.export_model import write_features

    folder = settings().models / arguments.model
    has_convolutions = write_features(folder)
    print(f"Wrote {folder / FEATURES_FILE}." if has_convolutions else f"{arguments.model} has no convolutions.")
    return 0
