"""``folds``: measure the recipe on every writer."""

import argparse
from pathlib import Path
from statistics import mean

from digitrec.cli.arguments import not_negative, positive

HELP = "Train everyhand's recipe shortly without each fifth of the pen writers in turn, and measure it on them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder with mnist.npz and pendigits-orig.tra.gz"
    )
    parser.add_argument("--epochs", type=positive, default=4, help="epochs of each fold (default 4)")
    parser.add_argument("--seed", type=not_negative, default=0, help="seed of every random choice (default 0)")
    parser.add_argument("--bfloat16", action="store_true", help="train twice as fast on processors that know bfloat16")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="as of train (default runs)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.digits.cross_validation import accuracy_by_fold

    found = []
    for writers, accuracy in accuracy_by_fold(
        arguments.data, arguments.runs, epochs=arguments.epochs, seed=arguments.seed, bfloat16=arguments.bfloat16
    ):
        print(f"writers {', '.join(map(str, writers))}: {accuracy:.2%}", flush=True)
        found.append(accuracy)
    print(f"mean over {len(found)} folds: {mean(found):.2%}")
    return 0
