"""Convert a SavedModel to LiteRT by one of its signatures, without Keras."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from digitrec.recognition.imported.image_input import FREE, ImageInput, image_input
from digitrec.training.imported import NotImportable
from digitrec.training.imported.checks import check_saved_model
from digitrec.training.imported.litert import convert, first_line, free_batch

_PREFERRED = ("serving_default", "serve")
_TRAINING = ("train", "__saved_model")  # Prefixes of the names of signatures that aren't for inference.


def convert_saved_model(folder: Path, target: Path, trusted: bool) -> int | None:
    """Write the function of a SavedModel that takes pictures as a LiteRT file.

    Returns the number of parameters, or None if it isn't known. Code in the SavedModel may only run if it is
    ``trusted``. Raises NotImportable.
    """
    import tensorflow as tf

    loaded = _load(folder, trusted)
    functions = list(_functions(loaded))
    if not functions:
        raise NotImportable("is a SavedModel without a signature. Export it with a signature.")
    takes_pictures = [(function, name, spec) for function, name, spec in functions if _picture(spec)]
    function, name, specification = (takes_pictures or functions)[0]
    if specification is None:
        raise NotImportable("doesn't take one input, but a digit model takes one image.")
    if not takes_pictures:
        what = "text" if specification.dtype == tf.string else f"inputs of shape {specification.shape}"
        raise NotImportable(f"takes {what}, but a digit model takes images.")

    def call(picture: Any) -> Any:
        return function(**{name: picture}) if name else function(picture)

    shaped = tf.TensorSpec(free_batch(specification.shape), specification.dtype)
    convert(call, shaped, loaded, target)
    return sum(int(np.prod(variable.shape)) for variable in getattr(loaded, "variables", ())) or None


def _load(folder: Path, trusted: bool) -> Any:
    import tensorflow as tf

    try:
        if not trusted:
            check_saved_model(folder)
        with tempfile.TemporaryDirectory() as copy:
            _copy_without_optimizer(folder, Path(copy) / "model")
            return tf.saved_model.load(str(Path(copy) / "model"))
    except NotImportable:
        raise
    except Exception as error:  # Damaged files raise many kinds of exceptions.
        raise NotImportable(
            f"is a SavedModel that is damaged, or that TensorFlow {tf.__version__} can't load. TensorFlow says: "
            f"{first_line(error)}"
        ) from error


def _functions(loaded: Any) -> Iterator[tuple[Any, str | None, Any]]:
    """Yield the functions for inference, the name of their input, and its specification if it is the only one."""
    import tensorflow as tf

    names = [name for name in loaded.signatures if not name.startswith(_TRAINING)]
    for key in sorted(names, key=lambda name: (name not in _PREFERRED, name)):
        _, specifications = loaded.signatures[key].structured_input_signature
        name = next(iter(specifications), None)
        yield loaded.signatures[key], name, specifications[name] if len(specifications) == 1 else None
    # A tf.Module may be saved without signatures.
    methods = [getattr(loaded, name, None) for name in ("__call__", "call", "predict", *dir(loaded))]
    for method in methods:
        for concrete in getattr(method, "concrete_functions", ()) or ():
            arguments, options = concrete.structured_input_signature
            tensors = [each for each in (*arguments, *options.values()) if isinstance(each, tf.TensorSpec)]
            if len(tensors) == 1 and len(arguments) == 1 and not options:
                yield concrete, None, tensors[0]


def _copy_without_optimizer(folder: Path, copy: Path) -> None:
    """Copy a SavedModel without the state of its optimizer, which TensorFlow can't load without Keras 2."""
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    copy.mkdir()
    model = parse_saved_model(str(folder))
    for node in model.meta_graphs[0].object_graph_def.nodes:
        del node.slot_variables[:]
    (copy / "saved_model.pb").write_bytes(model.SerializeToString())
    for name in ("variables", "assets"):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, copy / name)


def _picture(specification: Any) -> ImageInput | None:
    if specification is None or specification.shape.rank is None:
        return None
    shape = [FREE if length is None else length for length in specification.shape]
    try:
        dtype = np.dtype(specification.dtype.as_numpy_dtype)
    except TypeError:
        return None
    return image_input(shape, dtype)
