"""``train``: train and evaluate a model."""

import argparse
import shlex

from digitrec.cli.arguments import (
    add_training_options,
    existing_path,
    keras_folder,
    model_name,
    printable,
    whole_number,
)
from digitrec.cli.evaluate import evaluate_digits, evaluate_numbers
from digitrec.config import BASELINE, EVERYHAND, LINE, settings
from digitrec.errors import DigitrecError, MissingDataError, ModelBroken
from digitrec.training.training_record import TrainingOptions

HELP = "Train a model, write it with its card to the model folder, and evaluate it."
EPOCHS = {EVERYHAND: 26, BASELINE: 100, LINE: 28}
FINE_TUNING_EPOCHS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=list(EPOCHS), default=EVERYHAND, help="model to train (default %(default)s)")
    data = f"folder with mnist.npz (downloaded if not given) and, for {EVERYHAND} and {LINE}, pendigits-orig.tra.gz"
    parser.add_argument("--data", type=existing_path, metavar="DIR", help=data)
    defaults = ", ".join(f"{epochs} for {name}" for name, epochs in EPOCHS.items())
    parser.add_argument("--epochs", type=whole_number, help=f"maximum number of epochs (default {defaults})")
    without = "leave a collection out of training and validation"
    parser.add_argument("--without", choices=["unipen"], help=without)
    start = (
        f"folder of an earlier {EVERYHAND} or {LINE} model, with the same or fewer channels, that training starts from"
    )
    parser.add_argument("--start", type=keras_folder, metavar="DIR", help=start)
    extra = f"fine-tune {EVERYHAND} on your own images, in folders named 0 to 9 as the History page exports them"
    parser.add_argument("--extra", type=existing_path, metavar="ZIP", help=extra)
    name = "name of the model fine-tuned with --extra (default tuned)"
    parser.add_argument("--name", type=model_name, help=name)
    add_training_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.extra:
        return _fine_tune(arguments)
    if arguments.name:
        raise DigitrecError(f"--name is for models fine-tuned with --extra. Leave it out to train {arguments.model}.")
    if arguments.start and arguments.model == BASELINE:
        raise DigitrecError(f"--start is for {EVERYHAND} and {LINE}. Leave it out to train {BASELINE}.")
    from digitrec.training.train_digits import train_baseline, train_everyhand

    models, runs, data = settings().models, arguments.runs, arguments.data
    epochs, seed, unipen = arguments.epochs or EPOCHS[arguments.model], arguments.seed, arguments.without != "unipen"
    options = TrainingOptions(epochs, seed, arguments.bfloat16, unipen, arguments.start)
    if arguments.model == BASELINE:
        train_baseline(models, runs, data, TrainingOptions(epochs, seed))
    elif not data:
        raise MissingDataError(
            f"{arguments.model} also learns from pen strokes. Use --data with a folder that holds mnist.npz and "
            "pendigits-orig.tra.gz (https://archive.ics.uci.edu/dataset/81)."
        )
    elif arguments.model == LINE:
        from digitrec.training.train_lines import train_line

        train_line(models, runs, data, options)
        evaluate_numbers(data)
        return 0
    else:
        train_everyhand(models, runs, data, options)
    evaluate_digits(arguments.model, data)
    return 0


def _fine_tune(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.models.cards import read_card
    from digitrec.training.train_digits import fine_tune_everyhand

    name, models, data = arguments.name or "tuned", settings().models, arguments.data
    if arguments.model != EVERYHAND or arguments.start or not data:
        raise MissingDataError(
            f"--extra fine-tunes {EVERYHAND} and needs its training data. Leave out --model and --start, and use "
            "--data with a folder that holds mnist.npz and pendigits-orig.tra.gz."
        )
    if name in EPOCHS:
        raise ModelBroken(f"{name} is the name of a built-in model. Use another --name.", models / name)
    unipen = arguments.without != "unipen"
    options = TrainingOptions(arguments.epochs or FINE_TUNING_EPOCHS, arguments.seed, unipen=unipen)
    command = options.command(f"--data DIR --extra {shlex.quote(printable(arguments.extra.name))} --name {name}")
    fine_tune_everyhand(models, arguments.runs, data, arguments.extra, name, options, command)
    evaluate_digits(name, data)
    card = read_card(name, models)
    print(f"\nAccuracy of {card.fine_tuned_from} and of {name}:")
    for source, before in card.accuracy_before.items():
        if source in card.evaluations:
            print(f"  {source:<34}{before:>8.2%} -> {card.evaluations[source].accuracy:>7.2%}")
    if card.regressions:
        print(
            f"{name} is less accurate on {', '.join(card.regressions)}, so it can't be the default. "
            "You can choose it on the Draw page."
        )
    else:
        print(f"Set DIGITREC_MODEL={name} to make it the default, or choose it on the Draw page.")
    return 0
