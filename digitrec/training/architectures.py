"""The networks digitrec trains."""

import keras
from keras import layers, regularizers


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
