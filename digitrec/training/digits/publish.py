"""From a trained network to a model folder: calibrated, exported, with its thresholds and its card."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.models.cards import DigitCard, TrainingInfo
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE
from digitrec.training.digits.evaluate import confidence_threshold, digit_threshold, fit_temperature
from digitrec.training.export import export_feature_maps, export_litert, layers_of, versions


def finished(network: keras.Model, architecture: Callable[[], keras.Model]) -> keras.Model:
    """A trained network without its optimizer, in single precision."""
    # An optimizer's memory triples the file and serves nobody who loads a finished network.
    finished = architecture()
    finished.set_weights(network.get_weights())
    return finished


def calibrate(network: keras.Model, validation: Sequence[Digits]) -> None:
    """Scale the logits of ``digit`` so that its probabilities are the likeliest on validation digits."""
    # What the logits are to be divided by becomes part of the network: whoever runs it gets calibrated answers.
    images = np.concatenate([scale_to_unit(digits.images) for digits in validation])
    probabilities = network.predict(images[..., np.newaxis], verbose=0)["digit"]
    temperature = fit_temperature(probabilities, np.concatenate([digits.labels for digits in validation]))
    logits = network.get_layer("digit_logits")
    logits.set_weights([weights / temperature for weights in logits.get_weights()])


def publish(
    network: keras.Model,
    models: Path,
    validation: Sequence[Digits],
    *,
    description: str,
    license: str,
    training: TrainingInfo,
    quantized: bool,
) -> DigitCard:
    """Write the folder of a model, its thresholds chosen on validation digits, and return its card."""
    folder = models / network.name
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantized=quantized)
    export_feature_maps(network, folder / FEATURES_FILE)
    classifier = Classifier(folder / LITERT_FILE)
    answers = [classifier.classify(scale_to_unit(digits.images)) for digits in validation]
    card = DigitCard(
        name=network.name,
        description=description,
        license=license,
        layers=layers_of(network),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        confidence_threshold=max(
            confidence_threshold(answer, digits.labels) for answer, digits in zip(answers, validation, strict=True)
        ),
        digit_threshold=min(digit_threshold(answer) for answer in answers),
        training=training,
    )
    card.write(folder)
    return card


def training_of(data: str, command: str, seed: int, curves: dict[str, list[float]]) -> TrainingInfo:
    """How a model came to be, now and with the versions that are installed."""
    return TrainingInfo(
        data=data,
        command=command,
        seed=seed,
        date=datetime.now(UTC),
        versions=versions(),
        curves=curves,
    )
