"""The usual way that digit demos read a canvas, to compare with."""

import io
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from PIL import Image


def usual_reader(model: Path) -> Callable[[bytes], int]:
    """A function from a canvas PNG to its digit: the picture resized to 28x28 and given to Keras ``model.predict``."""
    network = keras.models.load_model(model, compile=False)

    def read(png: bytes) -> int:
        small = Image.open(io.BytesIO(png)).convert("L").resize((28, 28))
        batch = np.asarray(small, np.float32).reshape(1, 28, 28, 1) / 255
        answers = network.predict(batch, verbose=0)
        return int((answers["digit"] if isinstance(answers, dict) else answers).argmax())

    return read
