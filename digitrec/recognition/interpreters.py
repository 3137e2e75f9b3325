"""LiteRT interpreters, lent to one thread at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import LifoQueue

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.errors import ModelBroken, ModelMissing

Pool = LifoQueue[Interpreter]


def load_interpreters(path: Path) -> Pool:
    """As many interpreters of the LiteRT file ``path`` as there are processors.

    An interpreter serves one thread at a time and its output is copied before it is handed back: threads that share
    one read each other's answers or fail with "reference to internal data".

    Raises:
        ModelMissing: there is no such file.
        ModelBroken: the file is no LiteRT network.
    """
    if not path.is_file():
        raise ModelMissing(f"The model file {path} is missing.", path)
    pool: Pool = LifoQueue()
    try:
        content = path.read_bytes()
        for _ in range(os.cpu_count() or 1):
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
            pool.put(interpreter)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelBroken(f"The model file {path} is damaged or is not a LiteRT network for digits.", path) from error
    return pool


@contextmanager
def lent(pool: Pool) -> Iterator[Interpreter]:
    """One interpreter, for as long as the block runs."""
    interpreter = pool.get()
    try:
        yield interpreter
    finally:
        pool.put(interpreter)


def infer(interpreter: Interpreter, inputs: NDArray[np.float32], outputs: list[int]) -> list[NDArray[np.float32]]:
    """What a network gives for its inputs at the outputs of these numbers."""
    entry = interpreter.get_input_details()[0]
    if tuple(entry["shape"]) != inputs.shape:
        interpreter.resize_tensor_input(entry["index"], inputs.shape)
        interpreter.allocate_tensors()
    interpreter.set_tensor(entry["index"], inputs)
    interpreter.invoke()
    # get_tensor returns a copy; `tensor()` would return a view into memory that the next call overwrites.
    return [interpreter.get_tensor(output) for output in outputs]
