"""``evaluate``: measure a model."""

import argparse
from pathlib import Path

from digitrec.settings import settings

HELP = "Measure a model on every source of digits there is and write the figures to its card."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with mnist.npz, pendigits-orig.tra.gz, other-scans.npz, photo-digits.zip, or some of them "
        "(else Keras downloads MNIST)",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.models import load_model
    from digitrec.training.data import MNIST_TEST, load_mnist
    from digitrec.training.evaluate import evaluate
    from digitrec.training.sources import measured_sources

    models = settings().models
    model = load_model(arguments.model, models)
    card = model.card
    print(f"{'source':<32}{'digits':>8}{'right':>9}{'sure':>9}{'right, if sure':>16}   worst digit")
    for source, digits in measured_sources(arguments.data) if arguments.data else [(MNIST_TEST, load_mnist()[1])]:
        found = evaluate(model.classifier, digits, card.sure_from)
        recalls = [(recall, digit) for digit, recall in enumerate(found.per_digit) if recall is not None]
        worst, digit = min(recalls)
        right_if_sure = "-" if found.sure_accuracy is None else f"{found.sure_accuracy:.2%}"
        print(
            f"{source:<32}{found.digits:>8}{found.accuracy:>9.2%}{found.sure:>9.1%}{right_if_sure:>16}"
            f"   {digit}: {worst:.1%}",
            flush=True,
        )
        card = card.model_copy(update={"evaluations": {**card.evaluations, source: found}})
    card.write(models / arguments.model)
    return 0
