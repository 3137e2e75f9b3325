"""From data to a model folder: the network, its LiteRT file and its card."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models import KERAS_FILE, LITERT_FILE, ModelCard, Training
from digitrec.training.architectures import baseline, everyhand
from digitrec.training.data import Digits, load_mnist, scaled, split
from digitrec.training.evaluate import digit_from, sure_from, temperature
from digitrec.training.export import export_litert, layers_of, versions
from digitrec.training.fit import fit
from digitrec.training.fresh import fingerprint_of, fit_fresh
from digitrec.training.hands import written
from digitrec.training.mixture import epoch_of_examples
from digitrec.training.pens import HELD_OUT_WRITERS, VALIDATION_WRITERS, PenDigit, load_pen_digits
from digitrec.training.sources import normalized, rendered

_HANDS_A_PEN_DIGIT = 3
_MNIST = "MNIST (Yann LeCun and Corinna Cortes), which is CC BY-SA 3.0"
_PENS = "Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI), which is CC BY 4.0"


def train_baseline(models: Path, runs: Path, data: Path | None, *, epochs: int, seed: int) -> ModelCard:
    """Train the baseline on MNIST, write its folder under ``models`` and return its card.

    Of MNIST's training digits a fifth is held back for validation. ``runs`` keeps what a cut-off training needs to
    go on; ``data`` is the folder with ``mnist.npz``, downloaded where it is None.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    train, validation = split(load_mnist(data)[0], 0.2, seed)
    keras.utils.set_random_seed(seed)
    network = baseline()
    curves = fit(network, train, validation, runs / network.name, epochs=epochs, seed=seed)
    return _publish(
        _without_optimizer(network, baseline),
        models,
        [validation],
        description="A plain three-layer convolutional network, trained on MNIST alone.",
        licence=f"MIT; trained on {_MNIST}",
        training=_training(
            f"{len(train)} digits of MNIST's training set; {len(validation)} others of it chose when to stop",
            f"python -m digitrec train --model baseline --epochs {epochs} --seed {seed}",
            seed,
            curves,
        ),
        quantized=False,
    )


def train_everyhand(
    models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False
) -> ModelCard:
    """Train the network that is to read everybody's digits, write its folder under ``models``, return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``. A twelfth of MNIST's training digits and
    the pen digits of three writers choose temperature and thresholds; the held-out writers take no part at all.
    ``bfloat16`` trains in half the precision, twice as fast on processors that know it.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    scanned, validation = split(load_mnist(data)[0], 1 / 12, seed)
    pens = [pen for pen in load_pen_digits(data) if pen.writer not in HELD_OUT_WRITERS]
    validation_pens = [pen for pen in pens if pen.writer in VALIDATION_WRITERS]
    pens = [pen for pen in pens if pen.writer not in VALIDATION_WRITERS]
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
    network, curves = fit_fresh(
        everyhand(),
        lambda epoch: epoch_of_examples(scanned, pens, seed, epoch),
        runs / "everyhand",
        epochs=epochs,
        fingerprint=fingerprint_of(scanned, pens, epochs, seed, bfloat16),
    )
    keras.config.set_dtype_policy("float32")
    network = _without_optimizer(network, everyhand)
    scans = normalized(zip(validation.images, validation.labels, strict=True))
    sets = [scans, rendered(validation_pens), _in_other_hands(validation_pens, seed)]
    _calibrate(network, sets)
    return _publish(
        network,
        models,
        sets,
        description="Reads digits from paper, pens and screens by many hands, and refuses what is no digit.",
        licence=f"MIT; trained on {_MNIST}, and on {_PENS}",
        training=_training(
            f"{len(scanned)} digits of MNIST's training set and {len(pens)} pen digits of "
            f"{len({pen.writer for pen in pens})} writers, in other hands, sizes and brushes in every epoch, and "
            f"letters, scribbles and several digits; {len(validation)} others of MNIST and {len(validation_pens)} "
            f"pen digits of {len(VALIDATION_WRITERS)} other writers chose temperature and thresholds",
            f"python -m digitrec train --data DIR --epochs {epochs} --seed {seed}" + " --bfloat16" * bfloat16,
            seed,
            curves,
        ),
        quantized=True,
    )


def _without_optimizer(network: keras.Model, architecture: Callable[[], keras.Model]) -> keras.Model:
    # An optimizer's memory triples the file and serves nobody who loads a finished network.
    finished = architecture()
    finished.set_weights(network.get_weights())
    return finished


def _calibrate(network: keras.Model, validation: Sequence[Digits]) -> None:
    # What the logits are to be divided by becomes part of the network: whoever runs it gets calibrated answers.
    images = np.concatenate([scaled(digits.images) for digits in validation])
    probabilities = network.predict(images[..., np.newaxis], verbose=0)["digit"]
    heat = temperature(probabilities, np.concatenate([digits.labels for digits in validation]))
    logits = network.get_layer("digit_logits")
    logits.set_weights([weights / heat for weights in logits.get_weights()])


def _publish(
    network: keras.Model,
    models: Path,
    validation: Sequence[Digits],
    *,
    description: str,
    licence: str,
    training: Training,
    quantized: bool,
) -> ModelCard:
    folder = models / network.name
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantized=quantized)
    classifier = Classifier(folder / LITERT_FILE)
    answers = [classifier.classify(scaled(digits.images)) for digits in validation]
    card = ModelCard(
        name=network.name,
        description=description,
        licence=licence,
        layers=layers_of(network),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        sure_from=max(sure_from(answer, digits.labels) for answer, digits in zip(answers, validation, strict=True)),
        digit_from=min(digit_from(answer) for answer in answers),
        training=training,
    )
    card.write(folder)
    return card


def _training(data: str, command: str, seed: int, curves: dict[str, list[float]]) -> Training:
    return Training(
        data=data,
        command=command,
        seed=seed,
        date=datetime.now(UTC),
        versions=versions(),
        curves=curves,
    )


def _in_other_hands(pens: Sequence[PenDigit], seed: int) -> Digits:
    random = np.random.default_rng(seed)
    return normalized(
        (written([np.array(stroke.points) for stroke in pen.strokes], random), pen.label)
        for pen in pens
        for _ in range(_HANDS_A_PEN_DIGIT)
    )
