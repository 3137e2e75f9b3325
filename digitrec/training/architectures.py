"""The networks digitrec trains."""

import keras
from keras import layers, regularizers

from digitrec.imaging.line.straightening import STRIP_HEIGHT
from digitrec.prediction import KINDS
from digitrec.recognition.ctc import SYMBOL_COUNT


def baseline() -> keras.Sequential:
    """The plain three-layer convolutional network that many digit demos use.

    Takes (N, 28, 28, 1) in [0, 1], gives (N, 10) probabilities.
    """

    def convolution(filters: int) -> layers.Layer:
        return layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_regularizer=regularizers.L2(1e-4))

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            convolution(32),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            convolution(64),
            layers.MaxPooling2D(2),
            layers.Dropout(0.3),
            convolution(128),
            layers.MaxPooling2D(2),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ],
        name="baseline",
    )


def everyhand() -> keras.Model:
    """A small all-convolutional network with two answers: which digit, and whether it is one.

    Takes (N, 28, 28, 1) in [0, 1], gives probabilities (N, 10) of each digit and (N, 4) of each Kind. Strided
    convolutions instead of pooling (Springenberg et al. 2015), batch normalization (Ioffe and Szegedy 2015).
    """

    def convolved(x: keras.KerasTensor, filters: int, size: int = 3, strides: int = 1) -> keras.KerasTensor:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    entry = x = keras.Input((28, 28, 1))
    x = convolved(x, 24)
    x = convolved(x, 24, size=5, strides=2)
    x = convolved(x, 48)
    x = convolved(x, 48)
    x = convolved(x, 48, size=5, strides=2)
    x = convolved(x, 96)
    x = convolved(x, 96)
    x = convolved(x, 96)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    digit = layers.Dense(10, name="digit_logits")(x)
    kind = layers.Dense(len(KINDS), name="kind_logits")(x)
    # Probabilities in single precision, whatever the rest is trained in.
    return keras.Model(
        entry,
        {
            "digit": layers.Softmax(dtype="float32", name="digit")(digit),
            "kind": layers.Softmax(dtype="float32", name="kind")(kind),
        },
        name="everyhand",
    )


def line(width: int | None = None) -> keras.Model:
    """A small fully convolutional network that reads a strip of writing from left to right.

    Takes (N, 32, width, 1) in [0, 1], of one width or any multiple of 4, and gives (N, width / 2, 12) probabilities:
    for each two columns which of ten digits, or else something, is told there, or that nothing is. Strided
    convolutions bring the height to one and the width to a quarter; each column that is left then tells two, so that
    narrow digits that touch have room for the nothing between them.
    """

    def convolved(
        x: keras.KerasTensor, filters: int, size: int | tuple[int, int] = 3, strides: int | tuple[int, int] = 1
    ) -> keras.KerasTensor:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    entry = x = keras.Input((STRIP_HEIGHT, width, 1))
    x = convolved(x, 16, size=5, strides=2)
    x = convolved(x, 48, size=5, strides=2)
    x = convolved(x, 48)
    x = convolved(x, 48)
    x = convolved(x, 96, strides=(2, 1))
    x = convolved(x, 96)
    x = convolved(x, 128, size=(4, 3), strides=(4, 1))
    x = convolved(x, 128, size=(1, 5))
    x = layers.Dropout(0.2)(convolved(x, 128, size=(1, 5)))
    x = layers.Dense(2 * SYMBOL_COUNT, name="logits")(x)
    x = layers.Reshape((-1, SYMBOL_COUNT))(x)
    return keras.Model(entry, layers.Softmax(dtype="float32", name="symbols")(x), name="line")
