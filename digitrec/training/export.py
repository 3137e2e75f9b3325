"""Export Keras networks to the LiteRT files that the server runs."""

import tempfile
from importlib.metadata import version
from pathlib import Path

import keras
from keras import layers

from digitrec.errors import ModelMissing
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.models.cards import Layer
from digitrec.recognition.models.digit_model import KERAS_FILE

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
_ACTIVATIONS = (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU)


def export_litert(network: keras.Model, path: Path, *, quantize: bool = False) -> None:
    """Write a network as a LiteRT file.

    ``quantize`` stores the weights in eight bits and calculates with them ("dynamic range quantization"), which makes
    the file four times smaller and inference several times faster.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def export_feature_maps(network: keras.Model, path: Path) -> bool:
    """Write the outputs of a network's convolutions as a quantized LiteRT file for ``FeatureMaps``.

    Returns False, and writes nothing, if the network has no convolutions.
    """
    outputs = {
        f"convolution_{number:02}": _activated(layer, network).output
        for number, layer in enumerate((layer for layer in network.layers if isinstance(layer, _CONVOLUTIONS)), 1)
    }
    if outputs:
        export_litert(keras.Model(network.inputs[0], outputs), path, quantize=True)
    return bool(outputs)


def write_feature_maps(folder: Path) -> bool:
    """Write the feature maps of the model in a folder from its Keras file; return False if it has no convolutions.

    Raises:
        ModelMissing: the folder has no Keras file.
    """
    source = folder / KERAS_FILE
    if not source.is_file():
        raise ModelMissing(f"{folder} has no {KERAS_FILE}, which feature maps are made from.", source)
    return export_feature_maps(keras.models.load_model(source, compile=False), folder / FEATURES_FILE)


def versions() -> dict[str, str]:
    """Return the installed versions of the packages that a model card lists."""
    return {package: version(package) for package in ("keras", "tensorflow", "numpy")}


def layers_of(network: keras.Model) -> list[Layer]:
    """Return the layers of a network as a model card lists them."""
    return [
        Layer(
            kind=type(layer).__name__,
            output=tuple(int(size) for size in layer.output.shape[1:]),
            parameters=layer.count_params(),
        )
        for layer in network.layers
    ]


def _activated(layer: keras.Layer, network: keras.Model) -> keras.Layer:
    """Return the activation that follows a convolution, directly or after a normalization, or the layer itself."""
    if isinstance(layer, _CONVOLUTIONS) and layer.activation is not keras.activations.linear:
        return layer
    followers = [other for other in network.layers if other.input is layer.output]
    match followers:
        case [layers.BatchNormalization() as normalization]:
            return _activated(normalization, network)
        case [activation] if isinstance(activation, _ACTIVATIONS):
            return activation
    return layer
