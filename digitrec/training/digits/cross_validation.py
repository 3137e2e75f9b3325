"""Cross-validate the everyhand recipe over the pen writers: each writer is held out once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import keras
import numpy as np

from digitrec.datasets.digits import load_mnist, scale_to_unit
from digitrec.datasets.pen_strokes import load_pen_digits
from digitrec.datasets.sources import render_pen_digits
from digitrec.training.architectures import everyhand
from digitrec.training.data.digit_examples import make_epoch
from digitrec.training.digits.fit import fit_everyhand
from digitrec.training.trainer import training_fingerprint, training_precision

FOLDS = 5
SCANS = 20_000
"""How many of MNIST's training digits each fold uses; fewer than all, because these networks are thrown away."""


def accuracy_by_fold(
    data: Path, runs: Path, *, epochs: int, seed: int, bfloat16: bool
) -> Iterator[tuple[list[int], float]]:
    """Yield the writers of each fold and the accuracy on them of a network trained without them.

    The networks are trained like everyhand, but shorter and on a third of MNIST, without calibration or thresholds.

    Raises:
        MissingDataError: the data cannot be read.
        TrainingMismatch: ``runs`` holds another training, or is damaged.
    """
    scans = load_mnist(data)[0]
    scans = scans.take(np.random.default_rng(seed).permutation(len(scans))[:SCANS])
    pens = load_pen_digits(data)
    writers = sorted({pen.writer for pen in pens})

    for number in range(FOLDS):
        fold = writers[number::FOLDS]
        training_pens = [pen for pen in pens if pen.writer not in fold]
        keras.utils.set_random_seed(seed)
        with training_precision(bfloat16):
            network, _ = fit_everyhand(
                everyhand(),
                partial(make_epoch, scans, training_pens, seed),
                runs / f"fold-{number}",
                epochs=epochs,
                fingerprint=training_fingerprint(scans, training_pens, epochs, seed, bfloat16),
            )
        digits = render_pen_digits(pen for pen in pens if pen.writer in fold)
        predicted = network.predict(scale_to_unit(digits.images)[..., np.newaxis], verbose=0)["digit"].argmax(1)
        yield fold, float((predicted == digits.labels).mean())
