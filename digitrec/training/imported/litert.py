"""Convert TensorFlow functions to LiteRT files."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.training.imported import NotImportable

_RANK_WITH_CHANNELS = 4


def convert(call: Callable[[Any], Any], specification: Any, owner: Any, target: Path) -> None:
    """Write a function of one tensor as a LiteRT file; raises NotImportable.

    ``owner`` is the object whose variables the function uses.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    specifications = [specification]
    if specification.shape.rank and specification.shape[0] is None:
        # Recurrent networks can be converted for a fixed number of pictures only.
        specifications.append(tf.TensorSpec([1, *specification.shape[1:]], specification.dtype))
    failure: Exception | None = None
    for each in specifications:
        try:
            # A separate function, because recurrent layers remember the number of pictures.
            concrete = tf.function(lambda picture: call(picture)).get_concrete_function(each)
            # The converter loses the values of some variables, such as those of Keras 3.
            frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
            converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], owner)
            target.write_bytes(converter.convert())
            return
        except Exception as error:  # The converter raises many kinds of exceptions.
            failure = failure or error
    assert failure is not None
    reason = f"it uses something LiteRT doesn't support ({first_line(failure)})"
    raise NotImportable(f"can't be converted because {reason}.") from failure


def count_parameters(path: Path) -> int:
    """Return the number of parameters in a LiteRT file, quantized or not."""
    interpreter = Interpreter(str(path))
    count = 0
    for tensor in interpreter.get_tensor_details():
        # Whole numbers without a scale are shapes and the like.
        if np.dtype(tensor["dtype"]).kind == "f" or len(tensor["quantization_parameters"]["scales"]):
            with suppress(ValueError):  # Before memory is allocated, only constants have values.
                count += interpreter.get_tensor(tensor["index"]).size
    return count


def free_batch(shape: Sequence[int | None]) -> list[int | None]:
    """Return the shape of an input in which only the number of pictures is free, as far as the sides can be guessed."""
    batch, *picture = shape
    if len(shape) == _RANK_WITH_CHANNELS or len(picture) == 2:
        picture = [INPUT_SIDE if length is None else length for length in picture]
    return [batch, *picture]


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, shortened."""
    text = str(error).strip() or type(error).__name__
    return shorten(text.splitlines()[0], 200, placeholder=" …")
