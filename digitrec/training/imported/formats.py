"""Identify a file before anything reads it as a model."""

import stat
from enum import Enum
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, is_zipfile

from digitrec.datasets.archives import open_archive
from digitrec.errors import ModelBroken

KNOWN = "a .keras, .h5, .tflite or .onnx file or a SavedModel"
_HEAD_BYTES = 512
_NO_MODEL = {
    b"version https://git-lfs.github.com/spec/": "is a Git LFS pointer instead of the model. Get it with: git lfs pull",
    b"<!doctype html": "is a web page instead of a model. Download the file itself",
    b"<html": "is a web page instead of a model. Download the file itself",
    b"\x80\x02": "is pickled Python, which would run code when it is loaded. Save the model as a .keras or .onnx file",
    b"\x80\x03": "is pickled Python, which would run code when it is loaded. Save the model as a .keras or .onnx file",
    b"\x80\x04": "is pickled Python, which would run code when it is loaded. Save the model as a .keras or .onnx file",
    b"\x80\x05": "is pickled Python, which would run code when it is loaded. Save the model as a .keras or .onnx file",
    b"\x1f\x8b": f"is compressed with gzip. Unpack it, and import {KNOWN}",
    b"\x93numpy": "is a NumPy array, not a model",
    b"{": "is a JSON file, such as an architecture without its weights. Save the whole model with model.save",
}
"""Descriptions of files that aren't models, by their first bytes in lower case."""
_WEIGHTS = "has weights without an architecture. Save the whole model with model.save"
_NO_MODEL_SUFFIXES = {
    ".index": _WEIGHTS,
    ".ckpt": _WEIGHTS,
    ".safetensors": _WEIGHTS,
    ".npz": _WEIGHTS,
    ".pt": "is a PyTorch file, which holds pickled Python. Export the model as .onnx",
    ".pth": "is a PyTorch file, which holds pickled Python. Export the model as .onnx",
    ".pb": "is a frozen graph of TensorFlow 1. Export the model as a SavedModel with TensorFlow 2",
}
"""Descriptions of files that aren't models, by suffix, if the first bytes don't tell."""
_KERAS_SUFFIXES = (".json", ".h5", ".hdf5")
_ASSETS = "assets"


class Format(Enum):
    """The formats of models that can be imported."""

    KERAS = ".keras"
    HDF5 = ".h5"
    SAVED_MODEL = ""
    LITERT = ".tflite"
    ONNX = ".onnx"


def identify(path: Path, unpacked: Path) -> tuple[Format, Path]:
    """Return the format of a model, and its file or folder.

    A zipped SavedModel is unpacked to the folder ``unpacked``. Raises ModelBroken, saying what the file is, if it isn't
    a model, or is an archive that would unpack to too much or elsewhere. Raises OSError if it can't be read.
    """
    if not path.exists():
        raise ModelBroken(f"{path} does not exist.", path)
    if path.name == "saved_model.pb":
        path = path.parent
    if path.is_dir():
        return Format.SAVED_MODEL, _saved_model(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise ModelBroken(f"{path} is empty.", path)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return Format.HDF5, path
    if head[4:8] == b"TFL3":
        return Format.LITERT, path
    if head.startswith(b"PK\x03\x04"):
        return _archive(path, unpacked)
    start = head.lstrip().lower()
    what = next((what for beginning, what in _NO_MODEL.items() if start.startswith(beginning)), None)
    if not what and path.suffix.lower() == ".onnx":
        return Format.ONNX, path
    if not what and ".ckpt" in path.name:
        what = _WEIGHTS
    what = what or _NO_MODEL_SUFFIXES.get(path.suffix.lower(), f"is not {KNOWN}, or it is damaged")
    raise ModelBroken(f"{path} {what}.", path)


def _saved_model(folder: Path) -> Path:
    """Return the SavedModel in a folder, which may be in a subfolder named after a version."""
    found = [folder, *sorted(child for child in folder.iterdir() if child.is_dir())]
    models = [child for child in found if (child / "saved_model.pb").is_file()]
    if not models:
        has_weights = any(folder.glob("*.index")) or (folder / "checkpoint").exists()
        what = _WEIGHTS if has_weights else "is a folder without a SavedModel: it has no saved_model.pb"
        raise ModelBroken(f"{folder} {what}.", folder)
    return models[0]


def _archive(path: Path, unpacked: Path) -> tuple[Format, Path]:
    if not is_zipfile(path):
        raise ModelBroken(f"{path} is truncated: its end is missing. Download or copy it again.", path)
    try:
        with open_archive(path) as archive:
            _check_paths(archive, path)
            names = archive.namelist()
            if "config.json" in names:
                _check_parts(names, path)
                return Format.KERAS, path
            if any(PurePosixPath(name).name == "saved_model.pb" for name in names):
                archive.extractall(unpacked)
                return Format.SAVED_MODEL, _saved_model(unpacked)
    except BadZipFile as error:
        raise ModelBroken(f"{path} can't be imported: {error}.", path) from error
    if any(PurePosixPath(name).name == "data.pkl" for name in names):
        what = _NO_MODEL_SUFFIXES[".pt"]
    elif any(name.endswith((".weights.h5", ".npy")) for name in names):
        what = _WEIGHTS
    else:
        what = f"is a ZIP file, but not of a Keras model or a SavedModel. Import {KNOWN}"
    raise ModelBroken(f"{path} {what}.", path)


def _check_paths(archive: ZipFile, path: Path) -> None:
    """Raise ModelBroken if an archive has links, or files that would be unpacked to other places."""
    for info in archive.infolist():
        name = PurePosixPath(info.filename.replace("\\", "/"))
        is_outside = name.is_absolute() or ".." in name.parts or ":" in name.parts[0] if name.parts else True
        if is_outside or stat.S_ISLNK(info.external_attr >> 16):
            raise ModelBroken(
                f"{path} was not loaded, because it has files that would be unpacked outside of it, such as "
                f"{info.filename!r}.",
                path,
            )


def _check_parts(names: list[str], path: Path) -> None:
    """Raise ModelBroken if a ``.keras`` file has parts other than configuration, weights and assets."""
    for name in names:
        if not name.endswith((*_KERAS_SUFFIXES, "/")) and PurePosixPath(name).parts[0] != _ASSETS:
            kind = "the pickled part" if name.endswith((".pkl", ".pickle", ".npz", ".npy")) else "the unknown part"
            raise ModelBroken(f"{path} was not loaded, because it has {kind} {name!r}, which may run code.", path)
