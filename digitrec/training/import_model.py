"""Import a network that was trained elsewhere."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from textwrap import shorten

import keras
import numpy as np

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.errors import ModelBroken
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.training.evaluate import choose_confidence_threshold
from digitrec.training.export_model import export_feature_maps, export_litert, layers_of, training_record
from digitrec.training.network_check import check_network


def import_model(path: Path, name: str, models: Path, validation: Digits, command: str) -> DigitCard:
    """Check and convert a ``.keras`` or ``.h5`` file or a SavedModel, write it as ``models/name``, return its card.

    A network that returns logits gets a softmax layer. The validation digits choose the confidence threshold. Raises
    ModelBroken if the network can't be loaded or converted, could run code or reach files, or doesn't map
    (N, 28, 28, 1) to (N, 10).
    """
    network = _with_softmax(_load(path), path)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        try:
            export_litert(network, folder / LITERT_FILE)
        except Exception as error:  # The converter raises many kinds of exceptions.
            reason = f"it uses something LiteRT doesn't support ({_first_line(error)})"
            raise ModelBroken(f"{path} can't be converted because {reason}.", path) from error
        # Feature maps are optional.
        with suppress(Exception):
            export_feature_maps(network, folder / FEATURES_FILE)
        outputs = Classifier(folder / LITERT_FILE).classify(scale_to_unit(validation.images))
        data = "trained elsewhere on unknown data. MNIST training digits chose the confidence threshold"
        card = DigitCard(
            name=name,
            description=f"Imported from {path.name.encode(errors='replace').decode()}.",
            license="set by its author",
            layers=layers_of(network),
            parameters=network.count_params(),
            size_bytes=(folder / LITERT_FILE).stat().st_size,
            confidence_threshold=choose_confidence_threshold(outputs, validation.labels),
            training=training_record(data, command, None, {}),
        )
        card.write(folder)
        # Move the complete folder in one step, because the app offers every model it finds.
        models.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, models / name)
    return card


def _load(path: Path) -> keras.Model:
    if not path.exists():
        raise ModelBroken(f"{path} does not exist.", path)
    try:
        check_network(path)
        if not path.is_dir():
            return keras.models.load_model(path, compile=False)
        inputs = keras.Input((28, 28, 1))
        outputs = keras.layers.TFSMLayer(path, call_endpoint="serving_default")(inputs)
        return keras.Model(inputs, next(iter(outputs.values())) if isinstance(outputs, dict) else outputs)
    except ModelBroken:
        raise
    except Exception as error:  # Damaged files raise many kinds of exceptions.
        message = f"{path} is not a .keras or .h5 file or a SavedModel that Keras {keras.__version__} can load."
        raise ModelBroken(f"{message} Keras says: {_first_line(error)}", path) from error


def _with_softmax(network: keras.Model, path: Path) -> keras.Model:
    """Check the shapes and the outputs of a network, and return it with probabilities as its outputs."""
    shapes = [tensor.shape[1:] for tensor in (*network.inputs, *network.outputs)]
    if shapes != [(28, 28, 1), (10,)]:
        found = f"from {_shapes(network.inputs)} to {_shapes(network.outputs)}"
        raise ModelBroken(f"{path} goes {found}, but a network has to go from (N, 28, 28, 1) to (N, 10).", path)
    # The new model drops the names of inputs and outputs.
    network = keras.Model(network.inputs[0], network.outputs[0])
    inputs = np.stack([normalize(render(strokes, CANVAS_SIDE))[0] for strokes in samples().values()])
    outputs = keras.ops.convert_to_numpy(network(inputs[..., np.newaxis], training=False))
    if not np.isfinite(outputs).all():
        raise ModelBroken(f"{path} returns values that are not numbers (NaN or infinity).", path)
    if outputs.min() >= 0 and np.allclose(outputs.sum(1), 1, atol=1e-3):
        return network
    return keras.Model(network.inputs[0], keras.layers.Softmax()(network.outputs[0]))


def _shapes(tensors: list[keras.KerasTensor]) -> str:
    return " and ".join(str(("N", *tensor.shape[1:])).replace("'", "") for tensor in tensors)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return shorten(text.splitlines()[0], 200, placeholder=" …")
