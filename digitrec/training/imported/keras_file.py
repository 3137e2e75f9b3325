"""Convert a ``.keras`` or ``.h5`` file to LiteRT."""

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile

import h5py

from digitrec.datasets.archives import open_archive
from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.recognition.imported.conventions import Conventions, Fit, Scale, factors_and_offsets, layout
from digitrec.recognition.imported.image_input import ImageInput
from digitrec.recognition.models.cards import Layer
from digitrec.training.imported import NotImportable
from digitrec.training.imported.checks import check_configuration, check_weights
from digitrec.training.imported.formats import Format
from digitrec.training.imported.litert import convert, first_line, free_batch

_CUSTOM_OBJECT = re.compile(r"(?:Unknown layer|Could not locate (?:class|function))[: ]+'([^']+)'")
_NO_ARCHITECTURE = (
    "has weights without an architecture, or isn't of a Keras model. Save the whole model with model.save."
)
_KERAS_SUFFIXES = (".json", ".h5", ".hdf5")
_HARMLESS_FOLDERS = ("assets", "__MACOSX")
_HALF_PRECISION = re.compile(r"""['"](?:mixed_)?b?float16['"]""")


def load_keras_file(path: Path, kind: Format, trusted: bool) -> Any:
    """Check a file and return its network.

    Code in it may only run if it is ``trusted``. Raises NotImportable if it has code but isn't trusted, or if neither
    Keras 3 nor, if installed, Keras 2 can load it.
    """
    (_check_archive if kind is Format.KERAS else _check_hdf5)(path, trusted)
    with _named(path, kind) as file:
        return _in_single_precision(_load(file, trusted))


def write_litert(network: Any, target: Path) -> None:
    """Write a network as a LiteRT file; raises NotImportable."""
    import tensorflow as tf

    # Keras 3 leaves this attribute out if it doesn't know the inputs.
    inputs = getattr(network, "inputs", None)
    if not inputs:
        raise NotImportable("doesn't say what it takes as its input. Build the model before saving.")
    if len(inputs) > 1:
        raise NotImportable(f"takes {len(inputs)} inputs, but a digit model takes one image.")
    specification = tf.TensorSpec(free_batch(inputs[0].shape), inputs[0].dtype)
    convert(lambda picture: network(picture, training=False), specification, network, target)


def describe_layers(network: Any) -> list[Layer]:
    """Return the layers as a model card lists them, or none if they aren't known."""
    from digitrec.training.export_model import layers_of

    with suppress(Exception):
        return layers_of(network)
    return []


def write_feature_maps(network: Any, conventions: Conventions, to: ImageInput, target: Path) -> None:
    """Write the feature maps of the convolutions as a LiteRT file, if the network has any that can be exported."""
    import keras

    from digitrec.training.export_model import export_feature_maps

    # They are an extra, and networks of Keras 2 are too different. No layer crops pictures to a digit.
    with suppress(Exception):
        if isinstance(network, keras.Model) and conventions.fit is not Fit.CROPPED:
            export_feature_maps(network, target, lambda outputs: _prepared(network, outputs, conventions, to))


def _check_archive(path: Path, trusted: bool) -> None:
    try:
        with open_archive(path) as archive:
            config = archive.read("config.json")
            if not trusted:
                _check_parts(archive.namelist())
            for name in archive.namelist():
                if name.endswith(".h5"):
                    with archive.open(name) as weights, h5py.File(weights) as file:
                        check_weights(file)
        if not trusted:
            check_configuration(json.loads(config))
    except (BadZipFile, OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotImportable(f"can't be imported: it is damaged ({first_line(error)}).") from error


def _check_parts(names: list[str]) -> None:
    """Raise NotImportable if a ``.keras`` file has parts other than configuration, weights and assets."""
    for name in names:
        if not name.endswith((*_KERAS_SUFFIXES, "/")) and PurePosixPath(name).parts[0] not in _HARMLESS_FOLDERS:
            kind = "the pickled part" if name.endswith((".pkl", ".pickle", ".npz", ".npy")) else "the unknown part"
            raise NotImportable(f"was not loaded, because it has {kind} {name!r}, which may run code.")


def _check_hdf5(path: Path, trusted: bool) -> None:
    try:
        with h5py.File(path) as file:
            check_weights(file)
            if "model_config" not in file.attrs:
                raise NotImportable(_NO_ARCHITECTURE)
            if not trusted:
                check_configuration(json.loads(file.attrs["model_config"]))
            release = file.attrs.get("keras_version", "")
            release = release.decode() if isinstance(release, bytes) else str(release)
            if release.startswith("1."):
                raise NotImportable(
                    f"was saved by Keras {release}, which later versions can't load. Load it with Keras 2.2 and save "
                    "it again."
                )
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        what = "truncated" if "truncated" in str(error) else "damaged"
        raise NotImportable(f"is {what}. Download or copy it again.") from error


@contextmanager
def _named(path: Path, kind: Format) -> Iterator[Path]:
    """Provide the file under a name with the suffix that Keras expects for its format."""
    if path.suffix == kind.value:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"model{kind.value}"
        link.symlink_to(path.resolve())
        yield link


def _load(file: Path, trusted: bool) -> Any:
    """Load a checked file with Keras 3 or else with Keras 2."""
    import keras
    import tensorflow as tf

    try:
        return keras.models.load_model(file, compile=False, safe_mode=not trusted)
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError from error
    except Exception as error:  # Keras raises many kinds of exceptions.
        failure = error
    with suppress(Exception):  # It isn't installed, or it can't load the file either.
        import tf_keras

        return tf_keras.models.load_model(file, compile=False, safe_mode=not trusted)
    if custom := _CUSTOM_OBJECT.search(str(failure)):
        raise NotImportable(
            f"can't be loaded, because the code of its custom layer or function {custom[1]} isn't in the file. Export "
            "the model as a SavedModel or as .onnx."
        ) from failure
    message = f"is a Keras file that Keras {keras.__version__} can't load. Keras says: {first_line(failure)}"
    raise NotImportable(message) from failure


def _in_single_precision(network: Any) -> Any:
    """Return a network without layers that compute in half precision, which LiteRT can't do for convolutions."""
    try:
        config = network.get_config()
    except NotImplementedError:  # As for a subclass of Model.
        return network
    if not _HALF_PRECISION.search(repr(config)):
        return network
    copy = type(network).from_config(json.loads(_HALF_PRECISION.sub('"float32"', json.dumps(config))))
    copy.set_weights(network.get_weights())
    return copy


def _prepared(network: Any, outputs: dict[str, Any], conventions: Conventions, to: ImageInput) -> Any:
    """Return a network from the app's network input to ``outputs``, which prepares it as the classifier does."""
    import keras
    from keras import layers

    inputs = picture = keras.Input((INPUT_SIDE, INPUT_SIDE, 1))
    size, margins = layout(to, conventions.fit)
    if size != (INPUT_SIDE, INPUT_SIDE):
        picture = layers.Resizing(*size)(picture)
    picture = layers.ZeroPadding2D(margins)(picture)
    scales = factors_and_offsets(conventions.scale, conventions.colors, to.channels)
    picture = layers.Concatenate()([layers.Rescaling(*each)(picture) for each in scales])
    if conventions.scale is Scale.COLUMNS:
        picture /= keras.ops.maximum(keras.ops.norm(picture, axis=1, keepdims=True), 1e-6)
    if to.channel_axis != -1:
        picture = layers.Permute((3, 1, 2))(picture)
    picture = layers.Reshape(to.shape)(picture)
    return keras.Model(inputs, keras.Model(network.inputs[0], outputs)(picture))
