"""Run a LiteRT model from several threads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import LifoQueue
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.server.cores import available_cores


class Tensor(NamedTuple):
    """An input or output of a network."""

    number: int  # Its number in the interpreter.
    shape: tuple[int, ...]  # -1 for a dimension of any length.
    dtype: np.dtype[Any]
    quantization: tuple[float, int]  # The scale and the zero point of quantized values, or (0, 0) for unquantized ones.


class InterpreterPool:
    """One interpreter of a LiteRT model per core, each used by one thread at a time.

    Threads that shared an interpreter would get each other's outputs or fail with "reference to internal data".
    """

    def __init__(self, path: Path, size: tuple[int, int] | None) -> None:
        """Load a LiteRT file for images of this height and width (-1 for any); raises ModelMissing or ModelBroken.

        With None, the file may take any input.
        """
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
            outputs = _output_details(interpreter)
        except (OSError, ValueError, RuntimeError) as error:
            message = f"The model file {path} is damaged or is not a LiteRT network for images."
            raise ModelBroken(message, path) from error
        self.inputs = {str(details["name"]): _tensor(details) for details in inputs}
        """Every input, by name."""
        if size and [tensor.shape[1:] for tensor in self.inputs.values()] != [(*size, 1)]:
            height, width = (length if length > 0 else "any" for length in size)
            raise ModelBroken(f"The model file {path} does not take images of {height}×{width}×1.", path)
        self.outputs = {name: _tensor(details) for name, details in outputs.items()}
        """Every output, by name."""

    def run(self, batch: NDArray[np.generic], outputs: Sequence[int]) -> list[NDArray[np.float32]]:
        """Return the outputs with these indices for a batch that has the shape of the input."""
        interpreter = self._idle.get()
        try:
            tensor = interpreter.get_input_details()[0]
            if tuple(tensor["shape"]) != batch.shape:
                interpreter.resize_tensor_input(tensor["index"], batch.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(tensor["index"], batch)
            interpreter.invoke()
            # get_tensor returns a copy; tensor() would return a view of memory that the next call overwrites.
            return [interpreter.get_tensor(output) for output in outputs]
        finally:
            self._idle.put(interpreter)


def _output_details(interpreter: Interpreter) -> dict[str, Mapping[str, Any]]:
    """Return the details of the outputs by the names that the network's author gave them, if known."""
    if len(interpreter.get_signature_list()) == 1:
        return dict(interpreter.get_signature_runner().get_output_details())
    return {str(details["name"]): details for details in interpreter.get_output_details()}


def _tensor(details: Mapping[str, Any]) -> Tensor:
    scale, zero_point = details["quantization"]
    shape = tuple(map(int, details["shape_signature"]))
    return Tensor(int(details["index"]), shape, np.dtype(details["dtype"]), (float(scale), int(zero_point)))
