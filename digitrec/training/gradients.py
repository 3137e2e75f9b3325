"""Export the gradient of a network as a LiteRT file."""

import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from digitrec.imaging.normalize import INPUT_SIDE

_SMALLEST = 1e-7  # Smaller probabilities are raised to this before taking logarithms, if a network has no logits.
# LiteRT has no operations for the gradients of these two, so they are composed of operations that it has.
_OVERRIDES = {"Relu": "LiteRTRelu", "MaxPool": "LiteRTMaxPool"}


def export_gradient(network: keras.Model, path: Path) -> None:
    """Write a network with its gradient as a LiteRT file for ``Gradients``.

    It takes one image (1, 28, 28, 1) and weights (1, K), and returns the K logits and the gradient of their weighted
    sum with respect to the image. The K logits are those of the ten digits, followed by those of the kinds of ink if
    the network predicts them.
    """
    inner = _logits_of(network)

    def gradient(image: tf.Tensor, weights: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.compat.v1.get_default_graph().gradient_override_map(_OVERRIDES):
            logits = inner(image, training=False)
        return {"logits": logits, "gradient": tf.gradients(logits, image, weights)[0]}

    archive = keras.export.ExportArchive()
    archive.track(inner)
    signature = [
        tf.TensorSpec((1, INPUT_SIDE, INPUT_SIDE, 1), name="image"),
        tf.TensorSpec((1, inner.output.shape[-1]), name="weights"),
    ]
    archive.add_endpoint("gradient", gradient, input_signature=signature)
    with tempfile.TemporaryDirectory() as folder:
        # Otherwise TensorFlow would save the overridden gradients too, and fail.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        archive.write_out(folder, options=options, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["gradient"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        # Half precision halves the file and keeps about three digits of the gradient; eight bits would ruin it.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())


def _logits_of(network: keras.Model) -> keras.Model:
    """Return a network with the same weights that returns its logits, those of the digits first."""
    outputs = sorted(network.outputs, key=lambda output: output.shape[-1] != 10)
    logits = [_before_softmax(output, network) for output in outputs]
    return keras.Model(network.inputs[0], logits[0] if len(logits) == 1 else keras.layers.Concatenate()(logits))


def _before_softmax(output: keras.KerasTensor, network: keras.Model) -> keras.KerasTensor:
    """Return the input of the softmax that gives an output, or the logarithm of the output if there is no softmax."""
    layer: Any = next((layer for layer in reversed(network.layers) if layer.output is output), None)
    if isinstance(layer, keras.layers.Softmax):
        return layer.input
    if getattr(layer, "activation", None) is keras.activations.softmax:
        if isinstance(layer, keras.layers.Activation):
            return layer.input
        linear = type(layer).from_config({**layer.get_config(), "name": f"{layer.name}_logits", "activation": "linear"})
        logits = linear(layer.input)
        linear.set_weights(layer.get_weights())
        return logits
    return keras.ops.log(keras.ops.maximum(output, _SMALLEST))


@tf.RegisterGradient(_OVERRIDES["Relu"])  # type: ignore[untyped-decorator]
def _relu_gradient(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    return tf.where(operation.outputs[0] > 0, gradient, tf.zeros_like(gradient))


@tf.RegisterGradient(_OVERRIDES["MaxPool"])  # type: ignore[untyped-decorator]
def _max_pool_gradient(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    """Return the gradient to the first maximum of each window, as TensorFlow does, for windows that don't overlap."""
    values, maxima = operation.inputs[0], operation.outputs[0]
    (_, rows, columns, _), (_, height, width, _) = operation.get_attr("ksize"), values.shape
    is_split = operation.get_attr("strides")[1:3] == [rows, columns] and rows == columns
    if not is_split or (operation.get_attr("padding") == b"SAME" and (height % rows or width % columns)):
        raise NotImplementedError("Only square windows that neither overlap nor cross the border are supported.")
    bottom, right = maxima.shape[1] * rows, maxima.shape[2] * columns
    parts, was_found = [], tf.zeros_like(maxima, tf.bool)
    for row in range(rows):
        for column in range(columns):
            is_maximum = tf.equal(values[:, row:bottom:rows, column:right:columns], maxima)
            is_first = tf.logical_and(is_maximum, tf.logical_not(was_found))
            parts.append(tf.where(is_first, gradient, tf.zeros_like(gradient)))
            was_found = tf.logical_or(was_found, is_maximum)
    whole = tf.nn.depth_to_space(tf.concat(parts, -1), rows)
    return tf.pad(whole, [[0, 0], [0, height - bottom], [0, width - right], [0, 0]])
