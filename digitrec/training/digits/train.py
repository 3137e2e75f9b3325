"""From data to a model folder: the network, its LiteRT file and its card."""

from pathlib import Path

import keras
import numpy as np

from digitrec.config import EVERYHAND
from digitrec.datasets.digits import concatenate, load_mnist, split
from digitrec.datasets.sources import load_labeled_images
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.digit_model import KERAS_FILE, load_digit_model
from digitrec.training.architectures import baseline, everyhand
from digitrec.training.data.digit_examples import epoch_of_examples
from digitrec.training.data.download import data_folder
from digitrec.training.data.everyhand import material
from digitrec.training.digits.evaluate import evaluated
from digitrec.training.digits.publish import calibrate, finished, publish, training_of
from digitrec.training.fit import fit
from digitrec.training.trainer import fingerprint_of, fit_fresh

EXTRA = "Pictures of one's own, held out"
_HELD_OUT = 0.2
_REMEMBERED = 8000
_TUNING_RATE = 2e-4
_MNIST = "MNIST (Yann LeCun and Corinna Cortes), which is CC BY-SA 3.0"
_PENS = "Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI), which is CC BY 4.0"
LICENSE = f"MIT; trained on {_MNIST}, and on {_PENS}"


def train_baseline(models: Path, runs: Path, data: Path | None, *, epochs: int, seed: int) -> DigitCard:
    """Train the baseline on MNIST, write its folder under ``models`` and return its card.

    Of MNIST's training digits a fifth is held back for validation. ``runs`` keeps what a cut-off training needs to
    go on; ``data`` is the folder with ``mnist.npz``, downloaded where it is None.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    train, validation = split(load_mnist(data_folder(data))[0], 0.2, seed)
    keras.utils.set_random_seed(seed)
    network = baseline()
    curves = fit(network, train, validation, runs / network.name, epochs=epochs, seed=seed)
    return publish(
        finished(network, baseline),
        models,
        [validation],
        description="A plain three-layer convolutional network, trained on MNIST alone.",
        license=f"MIT; trained on {_MNIST}",
        training=training_of(
            f"{len(train)} digits of MNIST's training set; {len(validation)} others of it chose when to stop",
            f"python -m digitrec train --model baseline --epochs {epochs} --seed {seed}",
            seed,
            curves,
        ),
        quantized=False,
    )


def train_everyhand(
    models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False
) -> DigitCard:
    """Train the network that is to read everybody's digits, write its folder under ``models``, return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``. A twelfth of MNIST's training digits and
    the pen digits of three writers choose temperature and thresholds; the held-out writers take no part at all.
    ``bfloat16`` trains in half the precision, twice as fast on processors that know it.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    sources = material(data, seed)
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
    network, curves = fit_fresh(
        everyhand(),
        lambda epoch: epoch_of_examples(sources.scanned, sources.pens, seed, epoch),
        runs / "everyhand",
        epochs=epochs,
        fingerprint=fingerprint_of(sources.scanned, sources.pens, epochs, seed, bfloat16),
    )
    keras.config.set_dtype_policy("float32")
    network = finished(network, everyhand)
    calibrate(network, sources.validation)
    return publish(
        network,
        models,
        sources.validation,
        description="Reads digits from paper, pens and screens by many hands, and refuses what is no digit.",
        license=LICENSE,
        training=training_of(
            f"{len(sources.scanned)} digits of MNIST's training set and {len(sources.pens)} pen digits of "
            f"{len({pen.writer for pen in sources.pens})} writers, in other hands, sizes and brushes in every epoch, "
            f"and letters, scribbles and several digits; {sources.described_validation} chose temperature and "
            "thresholds",
            f"python -m digitrec train --data DIR --epochs {epochs} --seed {seed}" + " --bfloat16" * bfloat16,
            seed,
            curves,
        ),
        quantized=True,
    )


def fine_tune_everyhand(
    models: Path, runs: Path, data: Path, extra: Path, *, name: str, epochs: int, seed: int, command: str
) -> DigitCard:
    """Train everyhand further on digits of one's own, write the folder of the new model ``name``, return its card.

    ``extra`` is a ZIP of pictures in a folder for each digit, as the app exports them. A fifth of them is held out and
    measured with both models; the rest is mixed with what everyhand was trained on, so that it forgets nothing.

    Raises:
        DataMissing: the data or the pictures cannot be read, or there are too few of them.
        ModelError: everyhand is missing or broken.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    before = load_digit_model(EVERYHAND, models)
    own, held_out = split(load_labeled_images(extra), _HELD_OUT, seed)
    sources = material(data, seed)
    some = np.random.default_rng(seed).permutation(len(sources.scanned))[:_REMEMBERED]
    again = np.resize(np.arange(len(own)), max(len(own), len(some) // 2))
    mixed = concatenate(sources.scanned.take(some), own.take(again))
    keras.utils.set_random_seed(seed)
    network, curves = fit_fresh(
        keras.models.load_model(models / EVERYHAND / KERAS_FILE, compile=False),
        lambda epoch: epoch_of_examples(mixed, sources.pens, seed, epoch),
        runs / name,
        epochs=epochs,
        fingerprint=fingerprint_of(mixed, sources.pens, epochs, seed, before.version),
        peak_rate=_TUNING_RATE,
    )
    network = keras.Model(network.input, network.output, name=name)
    calibrate(network, sources.validation)
    card = publish(
        network,
        models,
        sources.validation,
        description=f"{EVERYHAND}, trained further on {len(own)} digits of one's own.",
        license=before.card.license,
        training=training_of(
            f"{len(own)} pictures of one's own, {len(some)} digits of MNIST's training set and pen digits; "
            f"{len(held_out)} other pictures were measured, {sources.described_validation} chose temperature and "
            "thresholds",
            command,
            seed,
            curves,
        ),
        quantized=True,
    )
    of_both = {source: found.accuracy for source, found in before.card.evaluations.items()}
    of_both[EXTRA] = evaluated(before, held_out).accuracy
    card = card.model_copy(
        update={
            "fine_tuned_from": EVERYHAND,
            "accuracy_before": of_both,
            "evaluations": {EXTRA: evaluated(load_digit_model(name, models), held_out)},
        }
    )
    card.write(models / name)
    return card
