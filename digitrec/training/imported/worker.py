"""The process in which ``import_model`` converts and measures a network."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from digitrec.datasets.digits import MNIST_TEST, Digits, load_mnist, split
from digitrec.datasets.sources import load_source
from digitrec.errors import DigitrecError, ModelBroken
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.imported.cost import check_cost
from digitrec.recognition.imported.network import ONNX_FILE, load_network
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.digit_model import LITERT_FILE, load_digit_model
from digitrec.server.limited_process import Report, limit_memory
from digitrec.training.build_index import build_index
from digitrec.training.evaluate import choose_confidence_threshold, choose_digit_threshold, evaluate_model
from digitrec.training.imported import NotImportable
from digitrec.training.imported.formats import Format, identify
from digitrec.training.imported.import_model import MAX_BYTES, Request
from digitrec.training.imported.keras_file import describe_layers, load_keras_file, write_feature_maps, write_litert
from digitrec.training.imported.litert import count_parameters
from digitrec.training.imported.measure import check_input, choose_conventions
from digitrec.training.imported.onnx_file import copy_onnx
from digitrec.training.imported.saved_model import convert_saved_model
from digitrec.training.training_record import training_record

_VALIDATION_DIGITS = 5000
_MIN_DIGITS, _MEASURING_SECONDS = 1000, 50
"""At each step of the measurement, as many digits are classified as fit into this time, but at least so many."""
_DIGITS_IN_INDEX = 600
"""Fewer than for other models, because a user is waiting and the time grows with the square of their number."""
_BYTES_PER_PARAMETER = 4


def work(report: Report, path: str, name: str, data: str, command: str, trusted: str, folder: str) -> None:
    """Import a model into a folder, and report the progress or why it can't be imported."""
    limit_memory(MAX_BYTES)
    request = Request(Path(path), name, Path(data), command, bool(trusted))
    try:
        _import(request, Path(folder), lambda stage: report(progress=stage))
    except ModelBroken as error:
        report(broken=str(error))
    except DigitrecError as error:
        report(error=str(error))
    except MemoryError:
        report(broken=f"{request.path} takes more than {MAX_BYTES // 2**30} GB of memory.")
    except OSError as error:
        report(broken=f"{request.path} can't be imported: {error.strerror or error}.")
    except ModuleNotFoundError:
        # ``run_limited`` reports which library is missing.
        raise
    except Exception as error:  # Damaged files raise many kinds of exceptions, whose texts may hold parts of the file.
        kind = type(error).__name__
        report(broken=f"{request.path} is damaged or of an unsupported kind: importing it failed with {kind}.")


def _import(request: Request, folder: Path, progress: Callable[[str], object]) -> None:
    train, _ = load_mnist(request.data)
    validation = split(train, _VALIDATION_DIGITS / len(train), seed=0)[1]
    card = convert_model(request, folder, validation, load_source(MNIST_TEST, request.data), progress)
    # Only some models have an embedding that an index can be made of.
    with suppress(ModelBroken):
        progress("Indexing training digits")
        build_index(card.name, folder.parent, request.data, _DIGITS_IN_INDEX)


def convert_model(
    request: Request, folder: Path, validation: Digits, test: Digits, progress: Callable[[str], object]
) -> DigitCard:
    """Check and convert a model, measure its conventions, evaluate it, write it to ``folder`` and return its card.

    The conventions and thresholds are chosen on ``validation``, and the evaluation is on ``test``, MNIST's test digits;
    a slow model is measured on fewer of both. Raises ModelBroken if the file isn't a model, could run code or access
    files, can't be converted, or isn't a digit model. Use ``import_model``, which calls this in a process with limits.
    """
    path = request.path
    with tempfile.TemporaryDirectory() as unpacked, _errors_about(path):
        kind, found = identify(path, Path(unpacked))
        target = folder / (ONNX_FILE if kind is Format.ONNX else LITERT_FILE)
        network, parameters = _convert(kind, found, target, request, progress)
        size = sum(file.stat().st_size for file in folder.iterdir())
        converted = load_network(target)
        pictures = check_input(converted.signature)
        seconds = check_cost(target, path)
        if parameters is None:
            parameters = size // _BYTES_PER_PARAMETER if kind is Format.ONNX else count_parameters(target)
        progress("Working out which input it expects")
        validation, test = _affordable(validation, seconds), _affordable(test, seconds)
        conventions, outputs = choose_conventions(converted, pictures, validation)
    if network is not None:
        progress("Writing feature maps")
        write_feature_maps(network, conventions, pictures, folder / FEATURES_FILE)
    card = DigitCard(
        name=request.name,
        description=f"Imported from {path.name.encode(errors='replace').decode()}.",
        license="set by its author",
        layers=describe_layers(network) if network is not None else [],
        parameters=parameters,
        size_bytes=size,
        confidence_threshold=choose_confidence_threshold(outputs, validation.labels),
        digit_threshold=choose_digit_threshold([outputs]),
        conventions=conventions,
        training=training_record(
            "The training data is unknown, because this model was trained elsewhere. Its input, outputs and thresholds "
            "were worked out on MNIST training digits",
            request.command,
        ),
    )
    card.write(folder)
    progress("Evaluating")
    card.evaluations = {MNIST_TEST: evaluate_model(load_digit_model(card.name, folder.parent), test)}
    card.write(folder)
    return card


@contextmanager
def _errors_about(path: Path) -> Iterator[None]:
    """Raise ModelBroken, naming the file that the user gave, if it can't be converted or run."""
    try:
        yield
    except NotImportable as error:
        raise ModelBroken(f"{path} {error}", path) from error
    except (RuntimeError, ValueError) as error:
        raise ModelBroken(f"{path} can't be run: {error}", path) from error
    except ModelBroken as error:
        raise ModelBroken(str(error).replace(f"The model file {error.path}", str(path)), path) from error


def _affordable(digits: Digits, seconds: float) -> Digits:
    """Return as many digits, in random order, as a network that takes so long for each should be measured on."""
    count = max(_MIN_DIGITS, int(_MEASURING_SECONDS / max(seconds, 1e-6)))
    return digits.sample(count, seed=0)


def _convert(
    kind: Format, found: Path, target: Path, request: Request, progress: Callable[[str], object]
) -> tuple[Any, int | None]:
    """Write a model as a file that the app can run.

    Returns its network if it is a Keras file, otherwise None, and the number of its parameters if it is known.
    """
    progress("Loading")
    if kind in (Format.KERAS, Format.HDF5):
        network = load_keras_file(found, kind, request.trusted)
        progress("Converting")
        write_litert(network, target)
        return network, int(network.count_params())
    if kind is Format.SAVED_MODEL:
        progress("Converting")
        return None, convert_saved_model(found, target, request.trusted)
    if kind is Format.ONNX:
        copy_onnx(found, target)
    else:
        shutil.copy(found, target)
    return None, None
