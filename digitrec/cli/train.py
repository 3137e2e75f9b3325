"""``train``: make a model."""

import argparse
from pathlib import Path

from digitrec.cli.arguments import not_negative, positive
from digitrec.cli.evaluate import measure
from digitrec.errors import DataMissing
from digitrec.settings import BASELINE, EVERYHAND, settings

HELP = "Train a network, write it, with its card, into the model folder, and measure it."
EPOCHS = {EVERYHAND: 26, BASELINE: 100}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", choices=list(EPOCHS), default=EVERYHAND, help="which of our networks (default %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder with mnist.npz (else Keras downloads it) and, for {EVERYHAND}, pendigits-orig.tra.gz",
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        help="the most epochs (default " + ", ".join(f"{epochs} for {name}" for name, epochs in EPOCHS.items()) + ")",
    )
    parser.add_argument("--seed", type=not_negative, default=0, help="seed of every random choice (default 0)")
    parser.add_argument(
        "--bfloat16", action="store_true", help=f"train {EVERYHAND} twice as fast on processors that know bfloat16"
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder that lets a cut-off training go on (default runs); remove it to start anew",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.recipe import train_baseline, train_everyhand

    models, runs, data, seed = settings().models, arguments.runs, arguments.data, arguments.seed
    epochs = arguments.epochs or EPOCHS[arguments.model]
    if arguments.model == BASELINE:
        train_baseline(models, runs, data, epochs=epochs, seed=seed)
    elif data:
        train_everyhand(models, runs, data, epochs=epochs, seed=seed, bfloat16=arguments.bfloat16)
    else:
        raise DataMissing(
            f"{EVERYHAND} learns from pen strokes too: put mnist.npz and pendigits-orig.tra.gz "
            "(https://archive.ics.uci.edu/dataset/81) into a folder and name it by --data."
        )
    measure(arguments.model, data)
    return 0
