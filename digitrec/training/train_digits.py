"""Train the digit models: the baseline, everyhand, and everyhand fine-tuned on the user's own images."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from digitrec.config import BASELINE, EVERYHAND
from digitrec.datasets.digits import Digits, join, load_mnist, scale_to_unit, split
from digitrec.datasets.handwriting import load_pens
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import load_pen_digits
from digitrec.datasets.sources import load_labeled_images, render_pen_digits
from digitrec.datasets.unipen import load_unipen_digits
from digitrec.prediction import KINDS, Kind
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.training.architectures import baseline, everyhand
from digitrec.training.data.data_uses import data_uses
from digitrec.training.data.examples import Examples, Material, make_digit_epoch
from digitrec.training.data.training_data import MNIST_LICENSE, data_folder, load_training_data
from digitrec.training.evaluate import evaluate_model
from digitrec.training.export_model import calibrate, inference_copy, load_network, publish
from digitrec.training.trainer import (
    Curves,
    cosine_adamw,
    train_epochs,
    train_network,
    training_fingerprint,
)
from digitrec.training.training_record import TrainingOptions, training_record

YOUR_IMAGES = "Your images (held out)"
FOLDS = 5
FOLD_SCANS = 20_000
"""How many of MNIST's training digits each fold uses; fewer than all, because these networks are thrown away."""
_BATCH = 128
_KIND_WEIGHT = 1.0  # The weight of the kind's loss; the digit's loss has weight 1.
_HELD_OUT_SHARE = 0.2
_MAX_SCANS = 8000
_RATE, _CONTINUED_RATE, _FINE_TUNING_RATE = 2e-3, 8e-4, 2e-4
"""The peak learning rates when training from scratch, from earlier weights, and on the user's images."""


def train_baseline(models: Path, runs: Path, data: Path | None, options: TrainingOptions) -> DigitCard:
    """Train the baseline on MNIST, write its folder in ``models`` and return its card.

    A fifth of MNIST's training digits is used for validation. ``data`` is the folder with ``mnist.npz``, which is
    downloaded if it is None. ``runs`` keeps what an interrupted training run needs to continue. Raises MissingDataError
    or TrainingMismatch.
    """
    train, validation = split(load_mnist(data_folder(data))[0], 0.2, options.seed)
    keras.utils.set_random_seed(options.seed)
    inputs, labels = _inputs(train), train.labels.astype(np.int32)
    validation_data = _inputs(validation), validation.labels.astype(np.int32)

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        if not network.compiled:
            network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return _fit(network, epoch, inputs, labels, validation_data=validation_data)

    fingerprint = training_fingerprint(train, validation, options.seed)
    network, curves = train_epochs(
        baseline(), train_epoch, runs / BASELINE, epochs=options.epochs, fingerprint=fingerprint, early_stopping=True
    )
    data_text = (
        f"Training used {len(train):,} MNIST digits. It stopped when the loss on {len(validation):,} other MNIST "
        "digits stopped falling"
    )
    return publish(
        inference_copy(network, baseline),
        models,
        [validation],
        quantize=False,
        description="A plain network with three convolutional layers, trained on MNIST only.",
        license=MNIST_LICENSE,
        training=training_record(data_text, options.command(f"--model {BASELINE}"), options.seed, curves),
    )


def train_everyhand(models: Path, runs: Path, data: Path, options: TrainingOptions) -> DigitCard:
    """Train everyhand, write its folder in ``models`` and return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, see ``load_training_data``. ``runs`` keeps
    what an interrupted training run needs to continue. Raises MissingDataError, TrainingMismatch, or ModelError if
    training can't start from the model in ``options``.
    """
    digits = load_training_data(data, options.seed, unipen=options.unipen)
    material = digits.material
    train_epoch = _everyhand_epoch(material, options, _CONTINUED_RATE if options.start else _RATE)
    network, curves = train_network(everyhand, train_epoch, runs / EVERYHAND, material, options)
    network = inference_copy(network, everyhand)
    calibrate(network, digits.validation_sets)
    start_text = "Training continued from an earlier everyhand model. " if options.start else ""
    data_text = (
        f"{start_text}Training used {len(material.scans):,} MNIST training digits, "
        f"{len(material.images):,} images of digits and {digits.pens_text}, with different handwriting, sizes and "
        f"brushes in every epoch, plus {len(material.letters) + len(material.not_digits):,} written letters, symbols, "
        "words and empty cells, generated letters and scribbles, and groups of digits to reject. "
        f"The temperature and the thresholds were chosen on {digits.validation_text}"
    )
    command, uses = options.command("--data DIR"), data_uses(data, unipen=options.unipen)
    return publish(
        network,
        models,
        digits.validation_sets,
        quantize=True,
        test_time_augmentation=True,
        description="Recognizes digits on paper and screens in many handwriting styles, and is trained to reject "
        "anything else.",
        license=digits.license,
        training=training_record(data_text, command, options.seed, curves, uses),
    )


def fine_tune_everyhand(
    models: Path, runs: Path, data: Path, images: Path, name: str, options: TrainingOptions, command: str
) -> DigitCard:
    """Fine-tune everyhand on the user's images, write the folder of the model ``name`` and return its card.

    ``images`` is a ZIP file with a folder of images for each digit, as the app exports them. A fifth of the images is
    held out to evaluate both models. The others are mixed with everyhand's training data, so that the model doesn't
    forget other handwriting. Raises MissingDataError, also for too few images, ModelError if everyhand is missing or
    broken, or TrainingMismatch.
    """
    original = load_digit_model(EVERYHAND, models)
    train, held_out = split(load_labeled_images(images), _HELD_OUT_SHARE, options.seed)
    digits = load_training_data(data, options.seed, unipen=options.unipen)
    scans = digits.material.scans.sample(_MAX_SCANS, options.seed)
    material = replace(digits.material, scans=join([scans, train.repeat(len(scans) // 2)]))
    network, curves = train_network(
        lambda: load_network(models / EVERYHAND),
        _everyhand_epoch(material, options, _FINE_TUNING_RATE),
        runs / name,
        material,
        options,
        original.version,
    )
    network = keras.Model(network.input, network.output, name=name)
    calibrate(network, digits.validation_sets)
    data_text = (
        f"Training used {len(train):,} images of your own, {len(scans):,} MNIST training digits and "
        f"{len(material.pens):,} pen digits. Accuracy was measured on {len(held_out):,} more of your images; the "
        f"temperature and the thresholds were chosen on {digits.validation_text}"
    )
    card = publish(
        network,
        models,
        digits.validation_sets,
        quantize=True,
        test_time_augmentation=True,
        description=f"{EVERYHAND}, fine-tuned on {len(train):,} images of your own.",
        license="; ".join(dict.fromkeys(f"{original.card.license}; {digits.license}".split("; "))),
        training=training_record(data_text, command, options.seed, curves),
    )
    before = {source: evaluation.accuracy for source, evaluation in original.card.evaluations.items()}
    card.fine_tuned_from = EVERYHAND
    card.accuracy_before = before | {YOUR_IMAGES: evaluate_model(original, held_out).accuracy}
    card.evaluations = {YOUR_IMAGES: evaluate_model(load_digit_model(name, models), held_out)}
    card.write(models / name)
    return card


def accuracy_by_fold(data: Path, runs: Path, options: TrainingOptions) -> Iterator[tuple[float, "pd.Series[float]"]]:
    """Cross-validate: yield for each fold the accuracy of a network trained without its writers, overall and by writer.

    The networks are trained like everyhand, but shorter, on pen digits and a third of MNIST, without calibration or
    thresholds. The pen digits are those of ``pendigits-orig.tra.gz`` and, if they are in the folder, of the
    collections in ``handwriting``. Raises MissingDataError or TrainingMismatch.
    """
    scans = load_mnist(data)[0].sample(FOLD_SCANS, options.seed)
    pens = load_pen_digits(data)
    for part in Part:
        pens += load_pens(data, part) + load_unipen_digits(data, part)
    writers = sorted({pen.writer for pen in pens}, key=str)
    for number in range(FOLDS):
        fold = set(writers[number::FOLDS])
        material = Material(scans, [pen for pen in pens if pen.writer not in fold])
        train_epoch = _everyhand_epoch(material, options, _RATE)
        network, _ = train_network(everyhand, train_epoch, runs / f"fold-{number}", material, options)
        left_out = [pen for pen in pens if pen.writer in fold]
        digits = render_pen_digits(left_out)
        correct = network.predict(_inputs(digits), verbose=0)["digit"].argmax(1) == digits.labels
        by_writer = pd.Series(correct).groupby([pen.writer for pen in left_out], sort=False).mean()
        yield float(correct.mean()), by_writer


def _everyhand_epoch(
    material: Material, options: TrainingOptions, peak_rate: float
) -> Callable[[keras.Model, int], Curves]:
    """Return a function that trains a network for one epoch on new examples made of this material."""

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        examples = make_digit_epoch(material, options.seed, epoch)
        if not network.compiled:
            network.compile(
                cosine_adamw(-(-len(examples.labels) // _BATCH) * options.epochs, peak_rate),
                {"digit": "sparse_categorical_crossentropy", "kind": "sparse_categorical_crossentropy"},
                loss_weights={"digit": 1.0, "kind": _KIND_WEIGHT},
                weighted_metrics={"digit": ["accuracy"], "kind": ["accuracy"]},
            )
        is_digit = (examples.kinds == KINDS.index(Kind.DIGIT)).astype(np.float32)
        labels = {"digit": examples.labels.astype(np.int32), "kind": examples.kinds.astype(np.int32)}
        weights = {"digit": is_digit, "kind": np.ones_like(is_digit)}
        return _fit(network, epoch, _inputs(examples), labels, sample_weight=weights)

    return train_epoch


def _fit(network: keras.Model, epoch: int, *data: object, **options: object) -> Curves:
    history = network.fit(*data, initial_epoch=epoch, epochs=epoch + 1, batch_size=_BATCH, verbose=2, **options)
    return history.history  # type: ignore[no-any-return]


def _inputs(digits: Digits | Examples) -> np.ndarray:
    return scale_to_unit(digits.images)[..., np.newaxis]
