"""The networks digitrec trains."""

import keras
from keras import layers, regularizers

from digitrec.recognition.kinds import KINDS


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
