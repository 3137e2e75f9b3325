"""``evaluate``: measure a model."""

import argparse
from pathlib import Path

from digitrec.settings import settings

HELP = "Measure a model on the MNIST test set and write the figures to its card."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with mnist.npz (else Keras downloads it)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.recognition.models import load_model
    from digitrec.training.data import load_mnist
    from digitrec.training.evaluate import evaluate

    models = settings().models
    model = load_model(arguments.model, models)
    _, test = load_mnist(arguments.data)
    card = model.card
    evaluation = evaluate(model.classifier, test, card.sure_from)
    card = card.model_copy(update={"evaluations": {**card.evaluations, "MNIST test": evaluation}})
    card.write(models / arguments.model)
    for source, found in card.evaluations.items():
        print(f"{source}: {found.accuracy:.2%} of {found.digits} digits")
        recalls = (f"{digit} {_percent(recall)}" for digit, recall in enumerate(found.per_digit))
        print(f"  by digit: {'  '.join(recalls)}")
        print(f"  called sure: {found.sure:.1%}, and right in {_percent(found.sure_accuracy, 2)} of those")
    return 0


def _percent(share: float | None, digits: int = 1) -> str:
    return "-" if share is None else f"{share:.{digits}%}"
