"""Small models of every kind that people bring: other formats, inputs and conventions than the app's own.

Each is one matrix, fitted within milliseconds to varied copies of the samples.
"""

import json
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from math import isqrt, prod

import cv2
import numpy as np

from digitrec.datasets.digits import Digits
from digitrec.datasets.sources import normalize_digits
from digitrec.samples import samples
from digitrec.training.augmentation.strokes import augment_strokes

COPIES = 60


@dataclass(frozen=True)
class Foreign:
    """The inputs and outputs of a model."""

    format: str  # The suffix of its file, or ``saved`` for a SavedModel, with any variant after a hyphen.
    shape: tuple[int, ...] = (28, 28, 1)
    batch: int | None = None
    dtype: str = "float32"
    scale: str = "0 to 1"
    colors: str = "white on black"
    fit: str = "resized"
    values: str = "probabilities"
    order: tuple[int, ...] = tuple(range(10))
    classes: int = 10

    def __str__(self) -> str:
        special = [self.scale, self.colors, self.fit, self.values] + (["reordered"] if self.order[0] else [])
        batch = [f"batch {self.batch}"] if self.batch else []
        return ", ".join([self.format, "×".join(map(str, self.shape)), self.dtype, *batch, *special, str(self.classes)])

    @property
    def channels(self) -> int:
        return next((channels for channels in (3, 4) if channels in self.shape), 1)

    @property
    def sides(self) -> tuple[int, int]:
        """The height and the width of the pictures."""
        lengths = [length for length in self.shape if length not in (1, 3, 4)]
        return tuple(lengths) if len(lengths) == 2 else (isqrt(lengths[0]),) * 2

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Return digits (N, 28, 28) as the model's inputs (N, values), written without the code under test."""
        height, width = self.sides
        if self.fit == "cropped":
            images = [cropped(image) for image in images]
        if self.fit == "letterboxed":
            ink = np.stack([letterboxed(image, height, width) for image in images])
        else:
            ink = np.stack([resized(image, height, width) for image in images])
        ink = ink.astype(np.float32)
        color = {"white": ink, "black": 0 * ink}[self.colors.split()[0]]
        alpha = ink
        if "transparent" not in self.colors:
            color, alpha = (255 - ink if self.colors == "black on white" else ink), 0 * ink + 255
        pictures = np.stack(([color] * 3 + [alpha])[: self.channels], 3)
        mean = 255 * (0.8693 if self.colors == "black on white" else 0.1307)
        pictures = {
            "0 to 1": pictures / 255,
            "0 to 255": pictures,
            "-1 to 1": pictures / 127.5 - 1,
            "-0.5 to 0.5": pictures / 255 - 0.5,
            "columns of length 1": pictures / np.maximum(np.sqrt((pictures**2).sum(1, keepdims=True)), 1),
            "0 to 16": pictures / 255 * 16,
            "mean 0, standard deviation 1": (pictures - mean) / 255 / 0.3081,
            "mean 0, standard deviation 1 on ImageNet": (pictures / 255 - 0.449) / 0.226,
        }[self.scale]
        if self.shape[0] == self.channels:
            pictures = np.moveaxis(pictures, 3, 1)
        return pictures.reshape(len(images), -1)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    interpolation = cv2.INTER_AREA if height * width < 784 else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=interpolation)


def letterboxed(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return an image in the middle of a picture, resized to its shorter side."""
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    picture = np.zeros((height, width), np.uint8)
    picture[top : top + side, left : left + side] = resized(image, side, side)
    return picture


def cropped(image: np.ndarray) -> np.ndarray:
    """Return the smallest square around the digit in an image (28, 28), and a pixel more on each side."""
    left, top, width, height = cv2.boundingRect((image > 76).astype(np.uint8))
    digit = image[top : top + height, left : left + width]
    border = [max(width, height) - length for length in (height, width)]
    margins = [(missing // 2 + 1, missing - missing // 2 + 1) for missing in border]
    return np.pad(digit, margins)


@cache
def varied_samples(seed: int = 0) -> Digits:
    """Return varied copies of the samples as network inputs."""
    random = np.random.default_rng(seed)
    pens = {digit: [np.array(stroke.points, float) for stroke in strokes] for digit, strokes in samples().items()}
    return normalize_digits((augment_strokes(pens[digit], random), digit) for digit in range(10) for _ in range(COPIES))


@cache
def fit(foreign: Foreign) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (values, classes) and biases of a linear model, by ridge regression."""
    digits = varied_samples()
    inputs = foreign.pixels(digits.images).astype(np.float64)
    center, spread = inputs.mean(0), inputs.std() or 1.0
    scaled = (inputs - center) / spread
    targets = np.eye(10)[digits.labels] - 0.1
    kernel = scaled @ scaled.T + 3e-3 * scaled.shape[1] * np.eye(len(scaled))
    weights = scaled.T @ np.linalg.solve(kernel, targets) * 12 / spread
    biases = -center @ weights - (4 if foreign.values == "scores" else 0)
    columns, offsets = np.zeros((len(weights), foreign.classes)), np.full(foreign.classes, -9.0)
    columns[:, foreign.order], offsets[list(foreign.order)] = weights, biases
    return columns.astype(np.float32), offsets.astype(np.float32)


def build(foreign: Foreign, folder):
    """Write a model and return its path."""
    kind, _, special = foreign.format.partition("-")
    # The weights are the same in all formats and for any batch size.
    weights, biases = fit(Foreign("") if special == "canvas" else replace(foreign, format="", batch=None))
    if kind == ".onnx":
        return build_onnx(foreign, weights, biases, folder / "model.onnx", special)
    if special in ("function", "dictionary", "signature", "quantized", "trainable", "unsigned"):
        return build_function(foreign, weights, biases, folder / "model", special)
    import keras

    if special == "keras2":
        import tf_keras as keras
    activation = {"probabilities": "softmax", "scores": "sigmoid", "logits": None}[foreign.values]
    size = {"batch_size": foreign.batch} if foreign.batch else {}
    model = keras.Sequential(
        [
            keras.Input(foreign.shape, dtype=foreign.dtype, **size),
            *([keras.layers.Rescaling(1.0)] if foreign.dtype != "float32" else []),
            keras.layers.Reshape((prod(foreign.shape),)),
            keras.layers.Dense(foreign.classes, activation=activation, name="answers"),
        ]
    )
    model.get_layer("answers").set_weights([weights, biases])
    if kind == "saved":
        path = folder / "model"
        model.save(path) if special == "keras2" else model.export(path, verbose=False)
    elif kind == ".tflite":
        path = folder / "model.tflite"
        path.write_bytes(convert(model, foreign, special))
    else:
        path = folder / f"model{kind}"
        model.save(path)
    return path


def convert(model, foreign: Foreign, special: str) -> bytes:
    """Convert a Keras model to LiteRT, with other numbers than floats of 32 bits if their type is ``special``."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shape = (foreign.batch, *foreign.shape)
    function = tf.function(lambda pictures: model(pictures)[0] if special == "squeezed" else model(pictures))
    call = function.get_concrete_function(tf.TensorSpec(shape, foreign.dtype))
    # The calibration of quantized networks can't read variables.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(call)], model)
    if special in ("float16", "dynamic", "int8", "uint8"):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if special == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if special in ("int8", "uint8"):
        inputs = foreign.pixels(varied_samples().images).reshape(-1, 1, *foreign.shape)
        converter.representative_dataset = lambda: ([each] for each in inputs[::3])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(special)
    return converter.convert()


def build_function(foreign: Foreign, weights, biases, path, special: str):
    """Write a SavedModel of a plain function."""
    import tensorflow as tf

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.weights, self.biases = tf.Variable(weights), tf.Variable(biases)

        @tf.function(input_signature=[tf.TensorSpec((foreign.batch, *foreign.shape), foreign.dtype)])
        def __call__(self, pictures):
            flat = tf.cast(tf.reshape(pictures, (-1, prod(foreign.shape))), tf.float32)
            ending = {"probabilities": tf.nn.softmax, "scores": tf.sigmoid, "logits": tf.identity}[foreign.values]
            matrix = self.weights
            if special == "quantized":
                matrix = tf.quantization.fake_quant_with_min_max_vars(matrix, -largest, largest)
            values = ending(flat @ matrix + self.biases)
            return {"features": pictures, "digit": values} if special == "dictionary" else values

        @tf.function
        def train(self, pictures, labels):
            flat = tf.reshape(tf.cast(pictures, tf.float32), (-1, prod(foreign.shape)))
            with tf.GradientTape() as tape:
                logits = flat @ self.weights + self.biases
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            gradient = tape.gradient(loss, self.weights)
            tf.raw_ops.ResourceApplyGradientDescent(var=self.weights.handle, alpha=0.1, delta=gradient)
            return loss

    module, largest = Module(), float(np.abs(weights).max())
    signatures = {"classify" if special == "signature" else "serving_default": module.__call__}
    if special == "trainable":
        labels = tf.TensorSpec((foreign.batch,), tf.int32)
        signatures["learn"] = module.train.get_concrete_function(module.__call__.input_signature[0], labels)
    tf.saved_model.save(module, path, signatures=None if special == "unsigned" else signatures)
    return path


def build_onnx(foreign: Foreign, weights, biases, path, special: str):
    """Write an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper, save

    ending = {"probabilities": "Softmax", "scores": "Sigmoid", "logits": "LogSoftmax"}[foreign.values]
    number = helper.np_dtype_to_tensor_dtype(np.dtype(foreign.dtype))
    nodes = [
        helper.make_node("Cast", ["picture"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["numbers"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "biases"], ["values"]),
        helper.make_node(ending, ["values"], ["answers"]),
    ]
    batch = foreign.batch or "N"
    shape = (batch, *foreign.shape)
    if special == "free":
        shape = "NCHW"
    if special == "canvas":
        # The model takes the pixels of one canvas, flat or not, and uses only their alpha channel.
        shape = foreign.shape
        block = isqrt(prod(shape) // 4) // 28
        weights = np.kron(weights / 255, [[0], [0], [0], [1]]).astype(np.float32)
        blocks = numpy_helper.from_array(np.array([1, 28, block, 28, block, 4]))
        nodes[1:2] = [
            helper.make_node("Constant", [], ["blocks"], value=blocks),
            helper.make_node("Reshape", ["numbers", "blocks"], ["pixels"]),
            helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[2, 4]),
            helper.make_node("Flatten", ["means"], ["flat"]),
        ]
    output = helper.make_tensor_value_info("answers", TensorProto.FLOAT, (batch, foreign.classes))
    if special == "squeezed":
        nodes.append(helper.make_node("Squeeze", ["answers"], ["answer"]))
        output = helper.make_tensor_value_info("answer", TensorProto.FLOAT, (foreign.classes,))
    if special == "maps":
        numbers = list(range(foreign.classes))
        nodes.append(helper.make_node("ZipMap", ["answers"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=numbers))
        value = helper.make_tensor_type_proto(TensorProto.FLOAT, ())
        maps = helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.INT64, value))
        output = helper.make_value_info("maps", maps)
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("picture", number, shape)],
        [output],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(biases, "biases")],
    )
    opset, version = (7, 3) if special == "old" else (17, 9)
    if special == "old":
        # Files of that time list the weights among the inputs.
        graph.input.extend(
            helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in graph.initializer
        )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=version)
    save(model, path, save_as_external_data=special == "external", location="weights.data", size_threshold=0)
    return path


def untrained(*layers):
    """Return a Keras 3 model that was never fitted, with ``layers`` at its start."""
    import keras

    return keras.Sequential([keras.Input((28, 28, 1)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)])


def huge_keras_file(folder):
    """Write a ``.keras`` file whose last layer would take 31 GB, and return its path."""
    path = build(Foreign(".keras"), folder)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    config["config"]["layers"][-1]["config"]["units"] = 10**7
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (contents | {"config.json": json.dumps(config)}).items():
            archive.writestr(name, content)
    return path
