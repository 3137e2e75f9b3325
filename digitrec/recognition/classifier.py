"""The LiteRT network, safe to share between threads."""

import os
from pathlib import Path
from queue import LifoQueue

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing

_LARGEST_BATCH = 256


class Classifier:
    """A network that gives each of ten digits a probability.

    An interpreter serves one thread at a time and its output is copied before it is handed back: threads that share
    one read each other's answers or fail with "reference to internal data".
    """

    def __init__(self, path: Path) -> None:
        """Load the LiteRT file ``path``.

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: the file is no LiteRT network from (N, 28, 28, 1) to (N, 10).
        """
        if not path.is_file():
            raise ModelMissing(f"The model file {path} is missing.", path)
        self._interpreters: LifoQueue[Interpreter] = LifoQueue()
        try:
            content = path.read_bytes()
            for _ in range(os.cpu_count() or 1):
                interpreter = Interpreter(model_content=content, num_threads=1)
                interpreter.allocate_tensors()
                self._interpreters.put(interpreter)
            answer = self.probabilities(np.zeros((1, 28, 28), np.float32))
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelBroken(
                f"The model file {path} is damaged or is not a LiteRT network for digits.", path
            ) from error
        if answer.shape != (1, 10):
            raise ModelBroken(f"The model file {path} gives {answer.shape[1:]} values a picture instead of ten.", path)

    def probabilities(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities (N, 10) of each digit for network inputs (N, 28, 28) in [0, 1]."""
        interpreter = self._interpreters.get()
        try:
            batches = range(0, len(images), _LARGEST_BATCH)
            answers = [_infer(interpreter, images[start : start + _LARGEST_BATCH]) for start in batches]
        finally:
            self._interpreters.put(interpreter)
        return np.concatenate(answers) if answers else np.empty((0, 10), np.float32)


def _infer(interpreter: Interpreter, images: NDArray[np.float32]) -> NDArray[np.float32]:
    entry = interpreter.get_input_details()[0]
    shape = (len(images), 28, 28, 1)
    if tuple(entry["shape"]) != shape:
        interpreter.resize_tensor_input(entry["index"], shape)
        interpreter.allocate_tensors()
    interpreter.set_tensor(entry["index"], images.reshape(shape))
    interpreter.invoke()
    # get_tensor returns a copy; `tensor()` would return a view into memory that the next call overwrites.
    answer: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return answer
