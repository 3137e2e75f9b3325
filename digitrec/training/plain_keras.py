"""Plain Keras: how most digit demos recognize a drawing, to compare with."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from digitrec.training.export_model import load_network


def plain_keras(folder: Path) -> Callable[[bytes], int]:
    """Return a function that resizes a canvas PNG to 28×28 and predicts its digit with Keras's ``model.predict``."""
    network = load_network(folder)

    def recognize(png: bytes) -> int:
        resized = Image.open(io.BytesIO(png)).convert("L").resize((28, 28))
        outputs = network.predict(np.asarray(resized, np.float32).reshape(1, 28, 28, 1) / 255, verbose=0)
        return int((outputs["digit"] if isinstance(outputs, dict) else outputs).argmax())

    return recognize
