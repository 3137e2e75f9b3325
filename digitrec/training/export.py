"""From a Keras network to the LiteRT file the server runs."""

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


def export_litert(network: keras.Model, path: Path, *, quantized: bool = False) -> None:
    """Write a network with (N, 28, 28, 1) input as a LiteRT file.

    ``quantized`` keeps the weights in eight bits and lets LiteRT calculate with them so ("dynamic range
    quantization"): a quarter of the size, and several times as fast.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def export_feature_maps(network: keras.Model, path: Path) -> bool:
    """Write the convolutions of a network as a LiteRT file for ``FeatureMaps``, where it has any; quantized.

    Returns whether it has.
    """
    outputs = {
        f"convolution_{number:02}": _activated(layer, network).output
        for number, layer in enumerate((layer for layer in network.layers if isinstance(layer, _CONVOLUTIONS)), 1)
    }
    if outputs:
        export_litert(keras.Model(network.inputs[0], outputs), path, quantized=True)
    return bool(outputs)


def write_feature_maps(folder: Path) -> bool:
    """Write the feature maps of the model in a folder anew, from its Keras source; returns whether it has any.

    Raises:
        ModelMissing: the folder holds no Keras source.
    """
    source = folder / KERAS_FILE
    if not source.is_file():
        raise ModelMissing(f"{folder} holds no {KERAS_FILE} to take its convolutions from.", source)
    return export_feature_maps(keras.models.load_model(source, compile=False), folder / FEATURES_FILE)


def versions() -> dict[str, str]:
    """What a model card says about the packages a model was made with."""
    return {package: version(package) for package in ("keras", "tensorflow", "numpy")}


def layers_of(network: keras.Model) -> list[Layer]:
    """What a model card says about the layers of a network."""
    return [
        Layer(
            kind=type(layer).__name__,
            output=tuple(int(size) for size in layer.output.shape[1:]),
            parameters=layer.count_params(),
        )
        for layer in network.layers
    ]


def _activated(layer: keras.Layer, network: keras.Model) -> keras.Layer:
    """The layer that ends what a convolution begins: its activation, with or without a normalization between."""
    if isinstance(layer, _CONVOLUTIONS) and layer.activation is not keras.activations.linear:
        return layer
    followers = [other for other in network.layers if other.input is layer.output]
    match followers:
        case [layers.BatchNormalization() as normalization]:
            return _activated(normalization, network)
        case [activation] if isinstance(activation, _ACTIVATIONS):
            return activation
    return layer
