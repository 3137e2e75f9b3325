"""The process in which ``import_model`` converts a network.

It is started with ``python -m digitrec.training.imported.worker REQUEST FOLDER SECONDS`` and limits its own memory and
time. To standard output it writes a JSON object on each line: ``progress``, then ``done`` or ``error``.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from digitrec.datasets.digits import Digits, load_mnist, split
from digitrec.errors import DigitrecError, ModelBroken
from digitrec.recognition.feature_maps import FEATURES_FILE
from digitrec.recognition.imported.conventions import Conventions
from digitrec.recognition.imported.cost import check_cost
from digitrec.recognition.imported.image_input import ImageInput
from digitrec.recognition.imported.network import ONNX_FILE, load_network
from digitrec.recognition.models.cards import DigitCard, Layer, TrainingInfo
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.server.memory_limit import limit_memory
from digitrec.training.evaluate import choose_confidence_threshold, choose_digit_threshold
from digitrec.training.imported.formats import Format, identify
from digitrec.training.imported.keras_file import KerasFile
from digitrec.training.imported.measure import check_input, choose_conventions
from digitrec.training.imported.onnx_file import copy_onnx
from digitrec.training.imported.saved_model import SavedModel

SECONDS = 15 * 60
MEMORY_BYTES = 8 * 2**30
"""Address space: TensorFlow alone takes three gigabytes."""
_VALIDATION_DIGITS = 5000
_BYTES_PER_PARAMETER = 4


@dataclass(frozen=True, slots=True)
class Request:
    """A request to import a model."""

    path: Path
    name: str
    data: Path
    """The folder with mnist.npz."""
    command: str
    """The command line, for the card."""
    trusted: bool = False
    """Whether code in the file may run."""

    def to_json(self) -> str:
        """Return the request for the command line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """Return the request from the command line."""
        values = json.loads(text)
        return cls(**values | {"path": Path(values["path"]), "data": Path(values["data"])})


class _Source(Protocol):
    def describe_layers(self) -> list[Layer]: ...

    def count_parameters(self) -> int | None: ...

    def write_litert(self, target: Path) -> None: ...

    def write_feature_maps(self, conventions: Conventions, to: ImageInput, target: Path) -> None: ...


def main() -> None:
    """Import a model and report the progress on standard output."""
    text, folder, seconds = sys.argv[1:]
    # TensorFlow writes to standard output too, also from C++.
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)

    def report(**message: object) -> None:
        print(json.dumps(message), file=reports, flush=True)

    limit_memory(MEMORY_BYTES)
    # In case that the process that started this one is killed.
    if hasattr(signal, "alarm"):
        signal.alarm(int(seconds) + 1)
    request = Request.from_json(text)
    try:
        validation = validation_digits(request.data)
        convert_model(request, Path(folder), validation, lambda stage: report(progress=stage))
    except ModelBroken as error:
        report(error=str(error))
    except DigitrecError as error:
        report(other_error=str(error))
    except ModuleNotFoundError as error:
        report(missing=error.name)
    except MemoryError:
        report(error=f"{request.path} takes more than {MEMORY_BYTES // 2**30} GB of memory.")
    except OSError as error:
        report(error=f"{request.path} can't be read: {error.strerror or error}.")
    else:
        report(done=True)


def validation_digits(data: Path) -> Digits:
    """Return the MNIST training digits that choose conventions and thresholds; raises MissingDataError."""
    train, _ = load_mnist(data)
    return split(train, _VALIDATION_DIGITS / len(train), seed=0)[1]


def convert_model(request: Request, folder: Path, validation: Digits, progress: Callable[[str], object]) -> DigitCard:
    """Check and convert a model, measure its conventions, write it to ``folder`` and return its card.

    Raises ModelBroken if the file isn't a model, could run code or reach files, can't be converted, or isn't a digit
    model. Use ``import_model``, which calls this in a process with limits.
    """
    path = request.path
    with tempfile.TemporaryDirectory() as unpacked:
        kind, found = identify(path, Path(unpacked))
        progress("Loading")
        target = folder / (ONNX_FILE if kind is Format.ONNX else LITERT_FILE)
        try:
            source = _load(kind, found, request)
            if source:
                progress("Converting")
                source.write_litert(target)
            elif kind is Format.ONNX:
                copy_onnx(found, target)
            else:
                shutil.copy(found, target)
            size = sum(file.stat().st_size for file in folder.iterdir())
            network = load_network(target)
            pictures = check_input(network.signature, path)
            check_cost(target, path)
            progress("Measuring which input it expects")
            conventions, outputs = choose_conventions(network, validation, path)
        except (RuntimeError, ValueError) as error:
            raise ModelBroken(f"{path} can't be run: {error}", path) from error
        except ModelBroken as error:
            message = str(error).replace(f"The model file {target}", str(path))
            if found.is_relative_to(unpacked):
                message = message.replace(str(found), str(path))
            raise ModelBroken(message, path) from error
        if source:
            progress("Writing feature maps")
            source.write_feature_maps(conventions, pictures, folder / FEATURES_FILE)
    card = DigitCard(
        name=request.name,
        description=f"Imported from {path.name.encode(errors='replace').decode()}.",
        license="set by its author",
        layers=source.describe_layers() if source else [],
        parameters=(source.count_parameters() if source else None) or size // _BYTES_PER_PARAMETER,
        size_bytes=size,
        confidence_threshold=choose_confidence_threshold(outputs, validation.labels),
        digit_threshold=choose_digit_threshold([outputs]),
        conventions=conventions,
        training=_training(request),
    )
    card.write(folder)
    return card


def _load(kind: Format, found: Path, request: Request) -> _Source | None:
    """Load a model that needs to be converted; return None if it doesn't."""
    if kind in (Format.KERAS, Format.HDF5):
        return KerasFile(found, kind, request.trusted)
    return SavedModel(found, request.path, request.trusted) if kind is Format.SAVED_MODEL else None


def _training(request: Request) -> TrainingInfo:
    versions = {}
    for package in ("keras", "tensorflow", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return TrainingInfo(
        data="trained elsewhere on unknown data. MNIST training digits set its input, its outputs and its thresholds",
        command=request.command,
        seed=None,
        date=datetime.now(UTC),
        versions=versions,
        curves={},
    )


if __name__ == "__main__":
    main()
