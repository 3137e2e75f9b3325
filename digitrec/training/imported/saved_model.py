"""Convert a SavedModel to LiteRT by one of its signatures, without Keras."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from digitrec.errors import ModelBroken
from digitrec.recognition.imported.conventions import Conventions
from digitrec.recognition.imported.image_input import FREE, ImageInput, image_input
from digitrec.recognition.models.cards import Layer
from digitrec.training.imported.checks import check_saved_model
from digitrec.training.imported.litert import convert, first_line, free_batch

_PREFERRED = ("serving_default", "serve")
_TRAINING = ("train", "__saved_model")
"""Prefixes of the names of signatures that aren't for inference."""


class SavedModel:
    """A network in a SavedModel of TensorFlow 2, from Keras or not."""

    def __init__(self, folder: Path, path: Path, trusted: bool) -> None:
        """Check and load the SavedModel in ``folder``, named ``path`` in messages; raises ModelBroken."""
        import tensorflow as tf

        self._path = path
        try:
            if not trusted:
                check_saved_model(folder)
            with tempfile.TemporaryDirectory() as copy:
                _copy_without_optimizer(folder, Path(copy) / "model")
                self._loaded = tf.saved_model.load(str(Path(copy) / "model"))
        except ModelBroken:
            raise
        except Exception as error:  # Damaged files raise many kinds of exceptions.
            raise ModelBroken(
                f"{path} is a SavedModel that is damaged, or that TensorFlow {tf.__version__} can't load. "
                f"TensorFlow says: {first_line(error)}",
                path,
            ) from error

    def describe_layers(self) -> list[Layer]:
        """Return an empty list, because a SavedModel has operations instead of layers."""
        return []

    def count_parameters(self) -> int | None:
        """Return the number of parameters, or None if it isn't known."""
        variables = getattr(self._loaded, "variables", ())
        return sum(int(np.prod(variable.shape)) for variable in variables) or None

    def write_litert(self, target: Path) -> None:
        """Write the function that takes pictures as a LiteRT file; raises ModelBroken."""
        import tensorflow as tf

        functions = list(self._functions())
        if not functions:
            raise ModelBroken(
                f"{self._path} is a SavedModel without a signature. Export it with a signature.", self._path
            )
        takes_pictures = [(function, name, spec) for function, name, spec in functions if _picture(spec)]
        function, name, specification = (takes_pictures or functions)[0]
        if specification is None:
            raise ModelBroken(f"{self._path} doesn't take one input, but a digit model takes one image.", self._path)
        if not takes_pictures:
            what = "text" if specification.dtype == tf.string else f"inputs of shape {specification.shape}"
            raise ModelBroken(f"{self._path} takes {what}, but a digit model takes images.", self._path)

        def call(picture: Any) -> Any:
            return function(**{name: picture}) if name else function(picture)

        shaped = tf.TensorSpec(free_batch(specification.shape), specification.dtype)
        convert(call, shaped, self._loaded, target, self._path)

    def write_feature_maps(self, conventions: Conventions, to: ImageInput, target: Path) -> None:
        """Write nothing, because convolutions look like any other operation here."""

    def _functions(self) -> Iterator[tuple[Any, str | None, Any]]:
        """Yield the functions for inference, the name of their input, and its specification if it is the only one."""
        import tensorflow as tf

        signatures = self._loaded.signatures
        names = [name for name in signatures if not name.startswith(_TRAINING)]
        for key in sorted(names, key=lambda name: (name not in _PREFERRED, name)):
            _, specifications = signatures[key].structured_input_signature
            name = next(iter(specifications), None)
            yield signatures[key], name, specifications[name] if len(specifications) == 1 else None
        # A tf.Module may be saved without signatures.
        methods = [getattr(self._loaded, name, None) for name in ("__call__", "call", "predict", *dir(self._loaded))]
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
