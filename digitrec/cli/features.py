"""``features``: write what a model's convolutions are looked at with."""

import argparse

from digitrec.settings import settings

HELP = "Write the feature maps of a model's convolutions anew, from its model.keras."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    import keras

    from digitrec.errors import ModelMissing
    from digitrec.recognition.feature_maps import FEATURES_FILE
    from digitrec.recognition.models import KERAS_FILE
    from digitrec.training.export import export_feature_maps

    folder = settings().models / arguments.model
    if not (folder / KERAS_FILE).is_file():
        raise ModelMissing(f"{folder} holds no {KERAS_FILE} to take its convolutions from.", folder / KERAS_FILE)
    has_some = export_feature_maps(keras.models.load_model(folder / KERAS_FILE, compile=False), folder / FEATURES_FILE)
    print(f"{folder / FEATURES_FILE} is written." if has_some else f"{arguments.model} has no convolutions.")
    return 0
