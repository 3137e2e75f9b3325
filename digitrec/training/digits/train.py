"""Train the digit models: the baseline, everyhand, and everyhand fine-tuned on the user's own pictures."""

from functools import partial
from pathlib import Path

import keras
import numpy as np

from digitrec.config import BASELINE, EVERYHAND
from digitrec.datasets.digits import concatenate, load_mnist, split
from digitrec.datasets.sources import load_labeled_images
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.digit_model import KERAS_FILE, load_digit_model
from digitrec.training import card_texts
from digitrec.training.architectures import baseline, everyhand
from digitrec.training.data.digit_examples import make_epoch
from digitrec.training.data.download import data_folder
from digitrec.training.data.training_data import load_training_data
from digitrec.training.digits.evaluate import evaluate_model
from digitrec.training.digits.fit import fit_baseline, fit_everyhand
from digitrec.training.digits.publish import calibrate, inference_copy, publish, training_record
from digitrec.training.trainer import training_fingerprint, training_precision

YOUR_PICTURES = "Your pictures (held out)"
_HELD_OUT_SHARE = 0.2
_MAX_SCANS = 8000
_FINE_TUNING_RATE = 2e-4


def train_baseline(models: Path, runs: Path, data: Path | None, *, epochs: int, seed: int) -> DigitCard:
    """Train the baseline on MNIST, write its folder in ``models`` and return its card.

    A fifth of MNIST's training digits is used for validation. ``data`` is the folder with ``mnist.npz``, which is
    downloaded if it is None. ``runs`` keeps what an interrupted training needs to continue.

    Raises:
        MissingDataError: the data cannot be read.
        TrainingMismatch: ``runs`` holds another training, or is damaged.
    """
    train, validation = split(load_mnist(data_folder(data))[0], 0.2, seed)
    keras.utils.set_random_seed(seed)
    network, curves = fit_baseline(
        baseline(),
        train,
        validation,
        runs / BASELINE,
        epochs=epochs,
        fingerprint=training_fingerprint(train, validation, seed),
    )
    command = f"python -m digitrec train --model {BASELINE} --epochs {epochs} --seed {seed}"
    return publish(
        inference_copy(network, baseline),
        models,
        [validation],
        description=card_texts.BASELINE_DESCRIPTION,
        license=card_texts.MNIST_LICENSE,
        training=training_record(card_texts.baseline_data(train, validation), command, seed, curves),
        quantize=False,
    )


def train_everyhand(
    models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False
) -> DigitCard:
    """Train everyhand, write its folder in ``models`` and return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``. ``runs`` keeps what an interrupted training
    needs to continue. See ``training_precision`` for ``bfloat16``.

    Raises:
        MissingDataError: the data cannot be read.
        TrainingMismatch: ``runs`` holds another training, or is damaged.
    """
    training_data = load_training_data(data, seed)
    keras.utils.set_random_seed(seed)
    with training_precision(bfloat16):
        network, curves = fit_everyhand(
            everyhand(),
            partial(make_epoch, training_data.scans, training_data.pens, seed),
            runs / EVERYHAND,
            epochs=epochs,
            fingerprint=training_fingerprint(training_data.scans, training_data.pens, epochs, seed, bfloat16),
        )
    network = inference_copy(network, everyhand)
    calibrate(network, training_data.validation_sets)
    command = f"python -m digitrec train --data DIR --epochs {epochs} --seed {seed}" + " --bfloat16" * bfloat16
    return publish(
        network,
        models,
        training_data.validation_sets,
        description=card_texts.EVERYHAND_DESCRIPTION,
        license=card_texts.LICENSE,
        training=training_record(card_texts.everyhand_data(training_data), command, seed, curves),
        quantize=True,
    )


def fine_tune_everyhand(
    models: Path, runs: Path, data: Path, pictures: Path, *, name: str, epochs: int, seed: int, command: str
) -> DigitCard:
    """Fine-tune everyhand on the user's pictures, write the folder of the model ``name`` and return its card.

    ``pictures`` is a ZIP file with a folder of pictures for each digit, as the app exports them. A fifth of the
    pictures is held out to evaluate both models. The others are mixed with everyhand's training data, so that the
    model doesn't forget other handwriting.

    Raises:
        MissingDataError: the data or the pictures cannot be read, or there are too few pictures.
        ModelError: everyhand is missing or broken.
        TrainingMismatch: ``runs`` holds another training, or is damaged.
    """
    original = load_digit_model(EVERYHAND, models)
    train, held_out = split(load_labeled_images(pictures), _HELD_OUT_SHARE, seed)
    training_data = load_training_data(data, seed)
    order = np.random.default_rng(seed).permutation(len(training_data.scans))
    scans = training_data.scans.take(order[:_MAX_SCANS])
    repeated = np.resize(np.arange(len(train)), max(len(train), len(scans) // 2))
    mixed = concatenate(scans, train.take(repeated))
    keras.utils.set_random_seed(seed)
    network, curves = fit_everyhand(
        keras.models.load_model(models / EVERYHAND / KERAS_FILE, compile=False),
        partial(make_epoch, mixed, training_data.pens, seed),
        runs / name,
        epochs=epochs,
        fingerprint=training_fingerprint(mixed, training_data.pens, epochs, seed, original.version),
        peak_rate=_FINE_TUNING_RATE,
    )
    network = keras.Model(network.input, network.output, name=name)
    calibrate(network, training_data.validation_sets)
    data_text = card_texts.fine_tuned_data(len(train), len(scans), len(held_out), training_data)
    card = publish(
        network,
        models,
        training_data.validation_sets,
        description=card_texts.fine_tuned_description(len(train)),
        license=original.card.license,
        training=training_record(data_text, command, seed, curves),
        quantize=True,
    )
    accuracy_before = {source: evaluation.accuracy for source, evaluation in original.card.evaluations.items()}
    accuracy_before[YOUR_PICTURES] = evaluate_model(original, held_out).accuracy
    card = card.model_copy(
        update={
            "fine_tuned_from": EVERYHAND,
            "accuracy_before": accuracy_before,
            "evaluations": {YOUR_PICTURES: evaluate_model(load_digit_model(name, models), held_out)},
        }
    )
    card.write(models / name)
    return card
