"""``train``: make a model."""

import argparse
from pathlib import Path

from digitrec.cli.arguments import not_negative, positive
from digitrec.settings import settings

HELP = "Train the baseline network on MNIST and write it, with its card, into the model folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with mnist.npz (else Keras downloads it)")
    parser.add_argument("--epochs", type=positive, default=100, help="the most epochs (default 100)")
    parser.add_argument("--seed", type=not_negative, default=0, help="seed of every random choice (default 0)")
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder that lets a cut-off training go on (default runs); remove it to start anew",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.recipe import train_baseline

    card = train_baseline(
        settings().models, arguments.runs, arguments.data, epochs=arguments.epochs, seed=arguments.seed
    )
    for source, evaluation in card.evaluations.items():
        print(f"{source}: {evaluation.accuracy:.2%} of {evaluation.digits} digits")
    return 0
