"""Run a LiteRT model from several threads."""

from collections.abc import Sequence
from pathlib import Path
from queue import LifoQueue

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.server.cores import available_cores


class InterpreterPool:
    """One interpreter of a LiteRT model per core, each used by one thread at a time.

    Threads that shared an interpreter would get each other's outputs or fail with "reference to internal data".
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        """Load a LiteRT file for images of this height and width (-1 for any); raises ModelMissing or ModelBroken."""
        if not path.is_file():
            raise ModelMissing(f"The model file {path} is missing.", path)
        self._idle: LifoQueue[Interpreter] = LifoQueue()
        try:
            content = path.read_bytes()
            for _ in range(available_cores()):
                interpreter = Interpreter(model_content=content, num_threads=1)
                interpreter.allocate_tensors()
                self._idle.put(interpreter)
            inputs = interpreter.get_input_details()
            outputs = interpreter.get_signature_runner().get_output_details()
        except (OSError, ValueError, RuntimeError) as error:
            message = f"The model file {path} is damaged or is not a LiteRT network for images."
            raise ModelBroken(message, path) from error
        if [tuple(tensor["shape_signature"][1:]) for tensor in inputs] != [(*size, 1)]:
            height, width = (length if length > 0 else "any" for length in size)
            raise ModelBroken(f"The model file {path} does not take images of {height}×{width}×1.", path)
        self.outputs = {name: (int(output["index"]), int(output["shape"][-1])) for name, output in outputs.items()}
        """The index and the last dimension of every output, by name."""

    def run(self, batches: Sequence[NDArray[np.float32]], outputs: Sequence[int]) -> list[list[NDArray[np.float32]]]:
        """Return the outputs with these indices for each batch (N, height, width) in [0, 1], N at least 1."""
        interpreter = self._idle.get()
        try:
            return [_infer(interpreter, batch, outputs) for batch in batches]
        finally:
            self._idle.put(interpreter)


def _infer(interpreter: Interpreter, batch: NDArray[np.float32], outputs: Sequence[int]) -> list[NDArray[np.float32]]:
    tensor = interpreter.get_input_details()[0]
    shape = (*batch.shape, 1)
    if tuple(tensor["shape"]) != shape:
        interpreter.resize_tensor_input(tensor["index"], shape)
        interpreter.allocate_tensors()
    interpreter.set_tensor(tensor["index"], batch.reshape(shape))
    interpreter.invoke()
    # get_tensor returns a copy; tensor() would return a view of memory that the next call overwrites.
    return [interpreter.get_tensor(output) for output in outputs]
