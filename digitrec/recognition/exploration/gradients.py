"""The gradient of a network, and the saliency maps made of it."""

from pathlib import Path
from threading import Lock

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken
from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.prediction import DIGITS
from digitrec.server.cores import available_cores

GRADIENT_FILE = "gradient.tflite"
_NODES, _SHARES = np.polynomial.legendre.leggauss(7)
"""Where gradients are integrated. The correlation with the map of 100 points is 0.97 on average."""
_THREADS = 2


class Gradients:
    """Computes the gradient of a network's logits; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file that ``export_gradient`` wrote; raises ModelBroken."""
        try:
            # One interpreter, used by one thread at a time, is enough: few users need gradients, and rarely.
            interpreter = Interpreter(model_path=str(path), num_threads=min(_THREADS, available_cores()))
            interpreter.allocate_tensors()
            self._runner = interpreter.get_signature_runner()
            shapes = [tuple(tensor["shape"]) for tensor in self._runner.get_input_details().values()]
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelBroken(f"The model file {path} is damaged or is not the gradient of a network.", path) from error
        if (1, INPUT_SIDE, INPUT_SIDE, 1) not in shapes:
            raise ModelBroken(f"The model file {path} is not the gradient of a network for digits.", path)
        self.logit_count: int = max(shape[-1] for shape in shapes)
        """The number of logits: ten digits, and the kinds of ink if the network predicts them."""
        self._lock = Lock()

    def compute(
        self, image: NDArray[np.float32], weights: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the logits (K,) of an image (28, 28) in [0, 1], and the gradient (28, 28) of their weighted sum."""
        with self._lock:
            outputs = self._runner(
                image=image.astype(np.float32).reshape(1, INPUT_SIDE, INPUT_SIDE, 1),
                weights=weights.astype(np.float32)[np.newaxis],
            )
        return outputs["logits"][0], outputs["gradient"].reshape(INPUT_SIDE, INPUT_SIDE)

    def digit_score(self, digit: int) -> NDArray[np.float32]:
        """Return the weights (K,) of the score of a digit: its logit minus the mean logit of the ten digits."""
        weights = np.zeros(self.logit_count, np.float32)
        weights[: len(DIGITS)] = -1 / len(DIGITS)
        weights[digit] += 1
        return weights


def load_gradients(name: str, models: Path) -> Gradients | None:
    """Load the gradient of the model ``name``, or return None if it has none; raises ModelBroken."""
    path = models / name / GRADIENT_FILE
    return Gradients(path) if path.is_file() else None


def gradient_times_input(gradients: Gradients, image: NDArray[np.float32], digit: int) -> NDArray[np.float32]:
    """Return a first-order estimate of how much each pixel of an image (28, 28) adds to the score of a digit.

    Source: Shrikumar et al. 2016.
    """
    return image * gradients.compute(image, gradients.digit_score(digit))[1]


def integrated_gradients(gradients: Gradients, image: NDArray[np.float32], digit: int) -> NDArray[np.float32]:
    """Return how much each pixel of an image (28, 28) adds to the score of a digit, integrated from blank paper.

    The values add up to about the difference between the scores of the image and of blank paper: the integral is
    approximated by a sum over a few points. Source: Sundararajan et al. 2017.
    """
    weights = gradients.digit_score(digit)
    # Scores change most while the ink is still faint, so the points are the squares of Gauss's.
    roots = (_NODES + 1) / 2
    steps = zip(roots**2, _SHARES * roots, strict=True)
    mean = sum(share * gradients.compute(np.float32(ink) * image, weights)[1] for ink, share in steps)
    return np.asarray(image * mean, np.float32)
