"""Run an imported network: a LiteRT or an ONNX file."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.recognition.imported.image_input import FREE, ImageInput, image_input
from digitrec.recognition.interpreter_pool import InterpreterPool

ONNX_FILE = "model.onnx"
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
_UNKNOWN_OPERATION = re.compile(r"(?s)(?:custom op|Select TensorFlow op).*\((?:Flex)?(\w+)\) failed to prepare")
_CAUSES = (
    (r"Opset \d+ is under development|Unsupported model IR version", "needs a later version of ONNX Runtime"),
    (r"(\S+?)\(-?\d+\) is not a registered function/op", r"has the operation \1, which ONNX Runtime doesn't support"),
    (
        r"External data path",
        "takes its weights from another file, which isn't in the same folder. Keep both together, or save the model as "
        "one file",
    ),
)
"""Why ONNX Runtime can't load a file, by its message."""


class Signature(NamedTuple):
    """The shapes of a network's inputs and outputs by name, and its picture input if that is its only input."""

    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    pictures: ImageInput | None


class LiteRTNetwork:
    """A network in a LiteRT file."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file; raises ModelMissing or ModelBroken."""
        try:
            self._interpreters = InterpreterPool(path, None)
        except ModelBroken as error:
            if unknown := _UNKNOWN_OPERATION.search(str(error.__cause__)):
                message = f"The model file {path} has the operation {unknown[1]}, which LiteRT doesn't support."
                raise ModelBroken(message, path) from error
            raise
        inputs, outputs = self._interpreters.inputs, self._interpreters.outputs
        pictures = None
        if len(inputs) == 1:
            (tensor,) = inputs.values()
            pictures = image_input(tensor.shape, tensor.dtype, tensor.quantization)
        self.signature = Signature(
            {name: tensor.shape for name, tensor in inputs.items()},
            {name: tensor.shape for name, tensor in outputs.items()},
            pictures,
        )

    def run(self, batch: NDArray[np.generic], output: str) -> NDArray[np.float32]:
        """Return one output for a batch that has the shape of the input."""
        tensor = self._interpreters.outputs[output]
        [values] = self._interpreters.run(batch, [tensor.number])
        scale, zero_point = tensor.quantization
        return (values.astype(np.float32) - zero_point) * scale if scale > 0 else values.astype(np.float32)


class OnnxNetwork:
    """A network in an ONNX file, run by ONNX Runtime."""

    def __init__(self, path: Path) -> None:
        """Load an ONNX file; raises ModelMissing or ModelBroken, also if ONNX Runtime isn't installed."""
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            message = f"The model file {path} needs ONNX Runtime. Install it with: pip install onnxruntime"
            raise ModelBroken(message, path) from error
        if not path.is_file():
            raise ModelMissing(f"The model file {path} is missing.", path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # The file may name other files for its weights. Without this, it could name any below the working directory.
        options.add_session_config_entry(_WEIGHTS_FOLDER, str(path.resolve().parent))
        try:
            content = path.read_bytes()
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises many kinds of exceptions.
            raise ModelBroken(f"The model file {path} {_cause(str(error))}.", path) from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        pictures = None
        if len(inputs) == 1 and (dtype := _DTYPES.get(inputs[0].type)):
            pictures = image_input(_shape(inputs[0].shape), np.dtype(dtype))
        self.signature = Signature(
            {value.name: _shape(value.shape) for value in inputs},
            {value.name: _shape(value.shape or ()) for value in outputs if value.type in (*_DTYPES, _MAPS)},
            pictures,
        )

    def run(self, batch: NDArray[np.generic], output: str) -> NDArray[np.float32]:
        """Return one output for a batch that has the shape of the input."""
        (name,) = self.signature.inputs
        [result] = self._session.run([output], {name: batch})
        if isinstance(result, list):
            result = [[classes[number] for number in sorted(classes)] for classes in result]
        return np.asarray(result, np.float32)


Network = LiteRTNetwork | OnnxNetwork  # An imported network; safe to share between threads.


def load_network(path: Path) -> Network:
    """Load a LiteRT or ONNX file, by its name; raises ModelMissing or ModelBroken."""
    return OnnxNetwork(path) if path.suffix == ".onnx" else LiteRTNetwork(path)


_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
_MAPS = "seq(map(int64,tensor(float)))"  # The probability of each class, as models of scikit-learn return them.


def _cause(message: str) -> str:
    for pattern, cause in _CAUSES:
        if found := re.search(pattern, message):
            return found.expand(cause)
    return "is damaged or is not an ONNX network"


def _shape(shape: Iterable[object]) -> tuple[int, ...]:
    # Dimensions of any length have a name or nothing.
    return tuple(length if isinstance(length, int) and length > 0 else FREE for length in shape)
