"""From a Keras network to the LiteRT file the server runs."""

import tempfile
from importlib.metadata import version
from pathlib import Path

import keras

from digitrec.recognition.models import Layer


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
