"""From a Keras network to the LiteRT file the server runs."""

import tempfile
from pathlib import Path

import keras


def export_litert(network: keras.Model, path: Path) -> None:
    """Write a network with (N, 28, 28, 1) input as a LiteRT file."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        path.write_bytes(converter.convert())
