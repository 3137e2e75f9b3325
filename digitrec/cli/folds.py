"""``folds``: cross-validate the everyhand recipe across the writers of the pen strokes."""

import argparse
from statistics import mean

from digitrec.cli.arguments import add_training_options, existing_path, whole_number
from digitrec.training.training_record import TrainingOptions

HELP = "Cross-validate everyhand: leave out a fifth of the writers at a time, train briefly, and evaluate on them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    data = "folder with mnist.npz and pendigits-orig.tra.gz"
    parser.add_argument("--data", type=existing_path, required=True, metavar="DIR", help=data)
    parser.add_argument("--epochs", type=whole_number, default=4, help="number of epochs per fold (default 4)")
    add_training_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.train_digits import accuracy_by_fold

    options = TrainingOptions(arguments.epochs, arguments.seed, arguments.bfloat16)
    accuracies: list[float] = []
    by_writer: list[float] = []
    for accuracy, writers in accuracy_by_fold(arguments.data, arguments.runs, options):
        print(f"{len(writers)} writers: {accuracy:.2%}; lowest: {writers.min():.2%}, {writers.idxmin()}", flush=True)
        accuracies.append(accuracy)
        by_writer += writers.tolist()
    print(f"mean over {len(accuracies)} folds: {mean(accuracies):.2%}")
    tenth, median = (sorted(by_writer)[int(share * len(by_writer))] for share in (0.1, 0.5))
    print(f"{len(by_writer)} writers: median {median:.2%}, a tenth of them below {tenth:.2%}")
    return 0
