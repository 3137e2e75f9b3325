"""``train``: make a model."""

import argparse
import shlex
from pathlib import Path

from digitrec.cli.arguments import model_name, not_negative, positive, printable
from digitrec.cli.evaluate import measure, measure_line
from digitrec.config import BASELINE, EVERYHAND, LINE, settings
from digitrec.errors import MissingDataError, ModelBroken

HELP = "Train a network, write it, with its card, into the model folder, and measure it."
EPOCHS = {EVERYHAND: 26, BASELINE: 100, LINE: 28}
TUNING_EPOCHS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", choices=list(EPOCHS), default=EVERYHAND, help="which of our networks (default %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder with mnist.npz (else Keras downloads it) and, for {EVERYHAND} and {LINE}, pendigits-orig.tra.gz",
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        help="the most epochs (default " + ", ".join(f"{epochs} for {name}" for name, epochs in EPOCHS.items()) + ")",
    )
    parser.add_argument("--seed", type=not_negative, default=0, help="seed of every random choice (default 0)")
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help=f"train {EVERYHAND} or {LINE} twice as fast on processors that know bfloat16",
    )
    parser.add_argument(
        "--extra",
        type=Path,
        metavar="ZIP",
        help=f"train {EVERYHAND} further on pictures of your own, in folders named 0 to 9, as History exports them",
    )
    parser.add_argument(
        "--name", type=model_name, default="tuned", help="what the model made with --extra is called (default tuned)"
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        metavar="DIR",
        help="folder that lets a cut-off training go on (default runs); remove it to start anew",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.training.digits.train import train_baseline, train_everyhand

    models, runs, data, seed = settings().models, arguments.runs, arguments.data, arguments.seed
    epochs = arguments.epochs or EPOCHS[arguments.model]
    if arguments.extra:
        return _tune(arguments)
    if arguments.model == BASELINE:
        train_baseline(models, runs, data, epochs=epochs, seed=seed)
    elif not data:
        raise MissingDataError(
            f"{arguments.model} learns from pen strokes too: put mnist.npz and pendigits-orig.tra.gz "
            "(https://archive.ics.uci.edu/dataset/81) into a folder and name it by --data."
        )
    elif arguments.model == LINE:
        from digitrec.training.lines.train import train_line

        train_line(models, runs, data, epochs=epochs, seed=seed, bfloat16=arguments.bfloat16)
        measure_line(data)
        return 0
    else:
        train_everyhand(models, runs, data, epochs=epochs, seed=seed, bfloat16=arguments.bfloat16)
    measure(arguments.model, data)
    return 0


def _tune(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.models.cards import read_card
    from digitrec.training.digits.train import fine_tune_everyhand

    name, models, data = arguments.name, settings().models, arguments.data
    if arguments.model != EVERYHAND or not data:
        raise MissingDataError(
            f"With --extra, {EVERYHAND} is trained further, beside what it knows: leave --model out, and name the "
            "folder with mnist.npz and pendigits-orig.tra.gz by --data."
        )
    if name in EPOCHS:
        raise ModelBroken(f"{name} is ours. Choose another name for yours by --name.", models / name)
    epochs, seed = arguments.epochs or TUNING_EPOCHS, arguments.seed
    file = shlex.quote(printable(arguments.extra.name))
    command = f"python -m digitrec train --data DIR --extra {file} --name {name} --epochs {epochs} --seed {seed}"
    fine_tune_everyhand(
        models, arguments.runs, data, arguments.extra, name=name, epochs=epochs, seed=seed, command=command
    )
    measure(name, data)
    card = read_card(name, models)
    print(f"\n{name} beside {card.fine_tuned_from}, which it was trained further from, right:")
    for source, before in card.accuracy_before.items():
        if source in card.evaluations:
            print(f"  {source:<34}{before:>8.2%} -> {card.evaluations[source].accuracy:>7.2%}")
    if card.regressions:
        print(f"It reads {', '.join(card.regressions)} worse, so it is not taken as default; the Draw page offers it.")
    else:
        print(f"Set DIGITREC_MODEL={name} to make it the default, or choose it on the Draw page.")
    return 0
