"""The architectures of the networks."""

import keras
from keras import layers, regularizers

from digitrec.imaging.line.straightening import STRIP_HEIGHT
from digitrec.prediction import KINDS
from digitrec.recognition.ctc import SYMBOL_COUNT


def baseline() -> keras.Sequential:
    """Return the plain network with three convolutional layers that many digit demos use.

    Input (N, 28, 28, 1) in [0, 1], output (N, 10) probabilities.
    """
    blocks = []
    for filters, dropout in ((32, 0.2), (64, 0.3), (128, 0.3)):
        regularizer = regularizers.L2(1e-4)
        blocks += [
            layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_regularizer=regularizer),
            layers.MaxPooling2D(2),
            layers.Dropout(dropout),
        ]
    dense = [layers.Dense(64, activation="relu"), layers.Dropout(0.2), layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *blocks, layers.Flatten(), *dense], name="baseline")


def everyhand() -> keras.Model:
    """Return a small all-convolutional network with two outputs: the digit, and whether the ink is a digit at all.

    Input (N, 28, 28, 1) in [0, 1]; outputs ``digit`` (N, 10) and ``kind`` (N, 4), the probabilities of each digit and
    each ``Kind``. Strided convolutions instead of pooling (Springenberg et al. 2015), batch normalization (Ioffe and
    Szegedy 2015).
    """
    inputs = x = keras.Input((28, 28, 1))
    x = _convolve(x, 24)
    x = _convolve(x, 24, size=5, strides=2)
    x = _convolve(x, 48)
    x = _convolve(x, 48)
    x = _convolve(x, 48, size=5, strides=2)
    x = _convolve(x, 96)
    x = _convolve(x, 96)
    x = _convolve(x, 96)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    digit = layers.Dense(10, name="digit_logits")(x)
    kind = layers.Dense(len(KINDS), name="kind_logits")(x)
    # Probabilities are in single precision, even if the rest is trained in bfloat16.
    digit = layers.Softmax(dtype="float32", name="digit")(digit)
    kind = layers.Softmax(dtype="float32", name="kind")(kind)
    return keras.Model(inputs, {"digit": digit, "kind": kind}, name="everyhand")


def line(width: int | None = None) -> keras.Model:
    """Return a small fully convolutional network that reads a strip from left to right.

    Input (N, 32, width, 1) in [0, 1], of a fixed width or any multiple of 4; output (N, width / 2, 12), for every two
    columns the probabilities of ten digits, a non-digit and the CTC blank. Strided convolutions reduce the height to
    one and the width to a quarter. Each remaining column then gives two outputs, which leaves room for a blank between
    narrow digits that touch.
    """
    inputs = x = keras.Input((STRIP_HEIGHT, width, 1))
    x = _convolve(x, 24, size=5, strides=2)
    x = _convolve(x, 64, size=5, strides=2)
    x = _convolve(x, 64)
    x = _convolve(x, 64)
    x = _convolve(x, 128, strides=(2, 1))
    x = _convolve(x, 128)
    x = _convolve(x, 160, size=(4, 3), strides=(4, 1))
    x = _convolve(x, 160, size=(1, 5))
    x = layers.Dropout(0.2)(_convolve(x, 160, size=(1, 5)))
    x = layers.Dense(2 * SYMBOL_COUNT, name="logits")(x)
    x = layers.Reshape((-1, SYMBOL_COUNT))(x)
    return keras.Model(inputs, layers.Softmax(dtype="float32", name="symbols")(x), name="line")


def _convolve(
    x: keras.KerasTensor, filters: int, size: int | tuple[int, int] = 3, strides: int | tuple[int, int] = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))
