"""``index``: write the files that the Explore page needs."""

import argparse

from digitrec.cli.arguments import existing_path
from digitrec.config import settings

HELP = "Write the files that the Explore page needs: a model's feature maps, gradient and index of training digits."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    data = "folder with mnist.npz and pendigits-orig.tra.gz (MNIST is downloaded if not given)"
    parser.add_argument("--data", type=existing_path, metavar="DIR", help=data)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.exploration.digit_index import INDEX_FILE
    from digitrec.training.build_index import build_index
    from digitrec.training.data.training_data import data_folder
    from digitrec.training.export_model import write_features

    models, name = settings().models, arguments.model
    write_features(models / name)
    index = build_index(name, models, data_folder(arguments.data))
    path = models / name / INDEX_FILE
    print(f"Wrote {path}: {len(index):,} digits, {path.stat().st_size / 2**20:.2f} MB.")
    return 0
