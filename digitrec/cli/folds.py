"""``folds``: cross-validate the everyhand recipe over the pen writers."""

import argparse
from pathlib import Path
from statistics import mean

from digitrec.cli.arguments import not_negative, positive

HELP = (
    "Cross-validate everyhand: leave out each fifth of the pen writers in turn and evaluate a short training on them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder with mnist.npz and pendigits-orig.tra.gz"
    )
    parser.add_argument("--epochs", type=positive, default=4, help="number of epochs per fold (default 4)")
    parser.add_argument("--seed", type=not_negative, default=0, help="seed of all random numbers (default 0)")
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="train in bfloat16, about twice as fast on processors that support it",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder from which an interrupted training continues (default runs)",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.train_digits import accuracy_by_fold

    accuracies = []
    for writers, accuracy in accuracy_by_fold(
        arguments.data, arguments.runs, epochs=arguments.epochs, seed=arguments.seed, bfloat16=arguments.bfloat16
    ):
        print(f"writers {', '.join(map(str, writers))}: {accuracy:.2%}", flush=True)
        accuracies.append(accuracy)
    print(f"mean over {len(accuracies)} folds: {mean(accuracies):.2%}")
    return 0
