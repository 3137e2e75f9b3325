"""Export Keras networks: to the LiteRT files that the server runs, and to model folders with a card."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from keras import layers

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.errors import ModelBroken, ModelMissing
from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.exploration.gradients import GRADIENT_FILE
from digitrec.recognition.feature_maps import EMBEDDING, FEATURES_FILE
from digitrec.recognition.models.cards import DigitCard, Layer
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE
from digitrec.training.evaluate import choose_confidence_threshold, choose_digit_threshold, fit_temperature
from digitrec.training.gradients import export_gradient

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
_ACTIVATIONS = (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU)


def export_litert(network: keras.Model, path: Path, *, quantize: bool) -> None:
    """Write a network as a LiteRT file.

    ``quantize`` stores the weights in eight bits and computes with them (dynamic range quantization), which makes the
    file four times smaller and inference several times faster.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def export_feature_maps(
    network: keras.Model, path: Path, build: Callable[[dict[str, Any]], keras.Model] | None = None
) -> bool:
    """Write the outputs of a network's convolutions and its embedding as a quantized LiteRT file for ``FeatureMaps``.

    The embedding is the input of the last layer with weights, if that is a dense one. ``build`` makes the exported
    network from these outputs; by default, it has the same input. Without convolutions, nothing is written and False is
    returned.
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, _CONVOLUTIONS)]
    outputs = {
        f"convolution_{number:02}": _activated(layer, network).output for number, layer in enumerate(convolutions, 1)
    }
    if not outputs:
        return False
    # Of two outputs, such as those of everyhand, the last layers have the same input.
    *_, last = (layer for layer in network.layers if layer.weights)
    if isinstance(last, layers.Dense) and len(last.input.shape) == 2:
        outputs[EMBEDDING] = last.input
    export_litert(build(outputs) if build else keras.Model(network.inputs[0], outputs), path, quantize=True)
    return True


def load_network(folder: Path) -> keras.Model:
    """Load the Keras network of the model in a folder; raises ModelMissing or ModelBroken."""
    file = folder / KERAS_FILE
    if not file.is_file():
        raise ModelMissing(f"There is no {KERAS_FILE} in {folder}.", file)
    try:
        return keras.models.load_model(file, compile=False)
    except (ValueError, OSError, BadZipFile) as error:
        raise ModelBroken(f"{file} is damaged.", file) from error


def write_features(folder: Path) -> bool:
    """Write the feature maps and the gradient of the model in a folder; raises ModelMissing or ModelBroken.

    Returns whether it has feature maps, as ``export_feature_maps`` does.
    """
    network = load_network(folder)
    if network.input_shape[1:3] != (INPUT_SIDE, INPUT_SIDE):
        raise ModelBroken(f"{folder / KERAS_FILE} doesn't take images of single digits.", folder)
    export_gradient(network, folder / GRADIENT_FILE)
    return export_feature_maps(network, folder / FEATURES_FILE)


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
    quantize: bool,
    test_time_augmentation: bool = False,
    **card_fields: Any,
) -> DigitCard:
    """Write the folder of a model and return its card.

    The confidence threshold is the strictest over the validation sets. ``card_fields`` are the description, the license
    and the training.
    """
    folder = models / network.name
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantize=quantize)
    export_feature_maps(network, folder / FEATURES_FILE)
    export_gradient(network, folder / GRADIENT_FILE)
    classifier = Classifier(folder / LITERT_FILE, test_time_augmentation=test_time_augmentation)
    outputs = [classifier.classify(scale_to_unit(digits.images)) for digits in validation_sets]
    thresholds = [
        choose_confidence_threshold(output, digits.labels)
        for output, digits in zip(outputs, validation_sets, strict=True)
    ]
    card = DigitCard(
        name=network.name,
        layers=layers_of(network),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        confidence_threshold=max(thresholds),
        digit_threshold=choose_digit_threshold(outputs),
        test_time_augmentation=test_time_augmentation,
        **card_fields,
    )
    card.write(folder)
    return card


def layers_of(network: keras.Model) -> list[Layer]:
    """Return the layers of a network as a model card lists them."""
    return [
        Layer(kind=type(layer).__name__, output=layer.output.shape[1:], parameters=layer.count_params())
        for layer in network.layers
    ]


def _activated(layer: keras.Layer, network: keras.Model) -> keras.Layer:
    """Return the activation that follows a convolution, directly or after a normalization, or the layer itself."""
    if isinstance(layer, _CONVOLUTIONS) and layer.activation is not keras.activations.linear:
        return layer
    match [other for other in network.layers if other.input is layer.output]:
        case [layers.BatchNormalization() as normalization]:
            return _activated(normalization, network)
        case [activation] if isinstance(activation, _ACTIVATIONS):
            return activation
    return layer
