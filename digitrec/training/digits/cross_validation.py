"""How the recipe fares on writers it has not seen, whoever they are: every writer is left out once."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from digitrec.datasets.digits import load_mnist, scale_to_unit
from digitrec.datasets.pen_strokes import load_pen_digits
from digitrec.datasets.sources import render_pen_digits
from digitrec.training.architectures import everyhand
from digitrec.training.data.digit_examples import epoch_of_examples
from digitrec.training.trainer import fingerprint_of, fit_fresh

FOLDS = 5
SCANNED = 20_000
"""Of MNIST's training digits, how many take part: these networks are thrown away."""


def accuracy_by_fold(
    data: Path, runs: Path, *, epochs: int, seed: int, bfloat16: bool
) -> Iterator[tuple[list[int], float]]:
    """The writers of each fold, and the accuracy on them of a network trained on all others.

    The networks are *everyhand*'s, trained shortly and on a third of MNIST, without temperature or thresholds.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    scanned = load_mnist(data)[0]
    scanned = scanned.take(np.random.default_rng(seed).permutation(len(scanned))[:SCANNED])
    pens = load_pen_digits(data)
    writers = sorted({pen.writer for pen in pens})

    def trained_without(fold: list[int], run: Path) -> keras.Model:
        others = [pen for pen in pens if pen.writer not in fold]
        return fit_fresh(
            everyhand(),
            lambda epoch: epoch_of_examples(scanned, others, seed, epoch),
            run,
            epochs=epochs,
            fingerprint=fingerprint_of(scanned, others, epochs, seed, bfloat16),
        )[0]

    for number in range(FOLDS):
        fold = writers[number::FOLDS]
        keras.utils.set_random_seed(seed)
        keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
        network = trained_without(fold, runs / f"fold-{number}")
        keras.config.set_dtype_policy("float32")
        digits = render_pen_digits(pen for pen in pens if pen.writer in fold)
        read = network.predict(scale_to_unit(digits.images)[..., np.newaxis], verbose=0)["digit"].argmax(1)
        yield fold, float((read == digits.labels).mean())
