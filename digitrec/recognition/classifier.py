"""The LiteRT network, safe to share between threads."""

import os
from pathlib import Path
from queue import LifoQueue
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.recognition.kinds import KINDS

_LARGEST_BATCH = 256


class Answers(NamedTuple):
    """What a network says about N pictures."""

    probabilities: NDArray[np.float32]  # (N, 10)
    """The probability of each digit, should it be one."""
    kinds: NDArray[np.float32] | None  # (N, 4)
    """The probability of each Kind, None from a network that tells digits from each other only."""


class Classifier:
    """A network that gives each of ten digits a probability, and perhaps each kind of picture too.

    An interpreter serves one thread at a time and its output is copied before it is handed back: threads that share
    one read each other's answers or fail with "reference to internal data".
    """

    def __init__(self, path: Path) -> None:
        """Load the LiteRT file ``path``.

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: the file is no LiteRT network from (N, 28, 28, 1) to (N, 10) and perhaps (N, 4).
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
            entries, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelBroken(
                f"The model file {path} is damaged or is not a LiteRT network for digits.", path
            ) from error
        if [tuple(entry["shape"][1:]) for entry in entries] != [(28, 28, 1)]:
            raise ModelBroken(f"The model file {path} does not take pictures of 28x28x1.", path)
        by_size = {int(output["shape"][-1]): int(output["index"]) for output in outputs}
        if 10 not in by_size:
            raise ModelBroken(f"The model file {path} does not give ten values a picture.", path)
        self._outputs = [by_size[size] for size in (10, len(KINDS)) if size in by_size]

    def classify(self, images: NDArray[np.float32]) -> Answers:
        """What the network says about its inputs (N, 28, 28) in [0, 1], N from 1."""
        interpreter = self._interpreters.get()
        try:
            batches = range(0, len(images), _LARGEST_BATCH)
            answers = [self._infer(interpreter, images[start : start + _LARGEST_BATCH]) for start in batches]
        finally:
            self._interpreters.put(interpreter)
        probabilities, *kinds = (np.concatenate(part) for part in zip(*answers, strict=True))
        return Answers(probabilities, kinds[0] if kinds else None)

    def _infer(self, interpreter: Interpreter, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        entry = interpreter.get_input_details()[0]
        shape = (len(images), 28, 28, 1)
        if tuple(entry["shape"]) != shape:
            interpreter.resize_tensor_input(entry["index"], shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], images.reshape(shape))
        interpreter.invoke()
        # get_tensor returns a copy; `tensor()` would return a view into memory that the next call overwrites.
        return [interpreter.get_tensor(output) for output in self._outputs]
