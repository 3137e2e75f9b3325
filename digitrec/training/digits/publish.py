"""Turn a trained network into a model folder: calibrate it, export it, choose its thresholds, write its card."""

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
from digitrec.training.digits.evaluate import choose_confidence_threshold, choose_digit_threshold, fit_temperature
from digitrec.training.export import export_feature_maps, export_litert, layers_of, versions


def inference_copy(network: keras.Model, architecture: Callable[[], keras.Model]) -> keras.Model:
    """Return a copy of a trained network without its optimizer, in single precision."""
    # The optimizer's state would triple the size of the file.
    copy = architecture()
    copy.set_weights(network.get_weights())
    return copy


def calibrate(network: keras.Model, validation_sets: Sequence[Digits]) -> None:
    """Calibrate the output ``digit`` in place: divide the weights of its logits by the best temperature."""
    images = np.concatenate([scale_to_unit(digits.images) for digits in validation_sets])
    probabilities = network.predict(images[..., np.newaxis], verbose=0)["digit"]
    temperature = fit_temperature(probabilities, np.concatenate([digits.labels for digits in validation_sets]))
    logits = network.get_layer("digit_logits")
    logits.set_weights([weights / temperature for weights in logits.get_weights()])


def publish(
    network: keras.Model,
    models: Path,
    validation_sets: Sequence[Digits],
    *,
    description: str,
    license: str,
    training: TrainingInfo,
    quantize: bool,
) -> DigitCard:
    """Write the folder of a model and return its card.

    The thresholds are the strictest that any of the validation sets asks for.
    """
    folder = models / network.name
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantize=quantize)
    export_feature_maps(network, folder / FEATURES_FILE)
    classifier = Classifier(folder / LITERT_FILE)
    outputs = [classifier.classify(scale_to_unit(digits.images)) for digits in validation_sets]
    card = DigitCard(
        name=network.name,
        description=description,
        license=license,
        layers=layers_of(network),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        confidence_threshold=max(
            choose_confidence_threshold(output, digits.labels)
            for output, digits in zip(outputs, validation_sets, strict=True)
        ),
        digit_threshold=min(map(choose_digit_threshold, outputs)),
        training=training,
    )
    card.write(folder)
    return card


def training_record(data: str, command: str, seed: int | None, curves: dict[str, list[float]]) -> TrainingInfo:
    """Return how a model was trained, with the current time and the installed versions."""
    return TrainingInfo(
        data=data, command=command, seed=seed, date=datetime.now(UTC), versions=versions(), curves=curves
    )
