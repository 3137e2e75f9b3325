"""``features``: export the feature maps and the gradient of a model."""

import argparse

from digitrec.config import settings

HELP = "Export the feature maps of a model's convolutions and its gradient from its model.keras."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.exploration.gradients import GRADIENT_FILE
    from digitrec.recognition.feature_maps import FEATURES_FILE
    from digitrec.training.export_model import write_features

    folder = settings().models / arguments.model
    both = f"{FEATURES_FILE} and {GRADIENT_FILE}"
    print(f"Wrote {both if write_features(folder) else GRADIENT_FILE} to {folder}.")
    return 0
