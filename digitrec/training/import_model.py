"""Bringing in a network that somebody else trained."""

import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
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
from digitrec.recognition.models.cards import DigitCard, TrainingInfo
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.training.digits.evaluate import confidence_threshold
from digitrec.training.export import export_feature_maps, export_litert, layers_of, versions


def bring_in(path: Path, name: str, models: Path, validation: Digits, command: str) -> DigitCard:
    """Check a ``.keras`` or ``.h5`` file or a SavedModel, convert it, write it as ``models/name``, return its card.

    A network that gives logits gets a softmax. The validation digits choose its threshold.

    Raises:
        ModelBroken: it cannot be loaded, or does not go from (N, 28, 28, 1) to (N, 10), or cannot be converted.
    """
    network = _with_probabilities(_loaded(path), path)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        try:
            export_litert(network, folder / LITERT_FILE)
        except Exception as error:  # The converter raises whatever its many parts raise.
            raise ModelBroken(
                f"{path} cannot be converted: it uses something that LiteRT does not have ({_first_line(error)}).", path
            ) from error
        # Feature maps are nothing a model has to have.
        with suppress(Exception):
            export_feature_maps(network, folder / FEATURES_FILE)
        answers = Classifier(folder / LITERT_FILE).classify(scale_to_unit(validation.images))
        card = DigitCard(
            name=name,
            description=f"Imported from {path.name.encode(errors='replace').decode()}.",
            license="as its maker chose",
            layers=layers_of(network),
            parameters=network.count_params(),
            size_bytes=(folder / LITERT_FILE).stat().st_size,
            confidence_threshold=confidence_threshold(answers, validation.labels),
            training=TrainingInfo(
                data="trained elsewhere, on what its maker knows; digits of MNIST's training set chose the threshold",
                command=command,
                seed=None,
                date=datetime.now(UTC),
                versions=versions(),
                curves={},
            ),
        )
        card.write(folder)
        # All or nothing: a half-made folder would be offered as a model.
        models.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, models / name)
    return card


def _loaded(path: Path) -> keras.Model:
    if not path.exists():
        raise ModelBroken(f"There is no {path}.", path)
    try:
        if not path.is_dir():
            return keras.models.load_model(path, compile=False)
        entry = keras.Input((28, 28, 1))
        answer = keras.layers.TFSMLayer(path, call_endpoint="serving_default")(entry)
        return keras.Model(entry, next(iter(answer.values())) if isinstance(answer, dict) else answer)
    except Exception as error:  # A damaged file ends in errors of every kind.
        raise ModelBroken(
            f"{path} is not a .keras or .h5 file or a SavedModel that Keras {keras.__version__} can load. "
            f"Keras says: {_first_line(error)}",
            path,
        ) from error


def _with_probabilities(network: keras.Model, path: Path) -> keras.Model:
    shapes = [tensor.shape[1:] for tensor in (*network.inputs, *network.outputs)]
    if shapes != [(28, 28, 1), (10,)]:
        raise ModelBroken(
            f"{path} goes from {_shapes(network.inputs)} to {_shapes(network.outputs)}; "
            "a network has to go from (N, 28, 28, 1) to (N, 10).",
            path,
        )
    # Without the names a network may give its inputs and outputs.
    network = keras.Model(network.inputs[0], network.outputs[0])
    answers = keras.ops.convert_to_numpy(network(_sample_inputs(), training=False))
    if not np.isfinite(answers).all():
        raise ModelBroken(f"{path} gives answers that are no numbers.", path)
    if answers.min() >= 0 and np.allclose(answers.sum(1), 1, atol=1e-3):
        return network
    return keras.Model(network.inputs[0], keras.layers.Softmax()(network.outputs[0]))


def _sample_inputs() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([normalize(render(strokes, CANVAS_SIDE))[0] for strokes in samples().values()])[..., np.newaxis]


def _shapes(tensors: list[keras.KerasTensor]) -> str:
    return " and ".join(str(("N", *tensor.shape[1:])).replace("'", "") for tensor in tensors)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return shorten(text.splitlines()[0], 200, placeholder=" …")
