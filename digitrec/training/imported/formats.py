"""Identify a file before anything reads it as a model."""

import stat
from enum import Enum
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, is_zipfile

from digitrec.datasets.archives import open_archive
from digitrec.training.imported import NotImportable

KNOWN = "a .keras, .h5, .tflite or .onnx file or a SavedModel"
_HEAD_BYTES = 4096
_EXPORT = "Export the model as .onnx or .tflite"
_PICKLED = "is pickled Python, which would run code when it is loaded. Save the model as a .keras or .onnx file"
_PYTORCH = "is a PyTorch file, which holds pickled Python. Export the model as .onnx"
_TENSORFLOW_JS = "is a TensorFlow.js model. Import the Keras file or SavedModel that it was made from"
_C_SOURCE = "is C source, such as an array with a .tflite file. Import the .tflite file itself"
_NO_MODEL = {
    b"version https://git-lfs.github.com/spec/": "is a Git LFS pointer instead of the model. Get it with: git lfs pull",
    b"<!doctype html": "is a web page instead of a model. Download the file itself",
    b"<html": "is a web page instead of a model. Download the file itself",
    **{b"\x80" + protocol: _PICKLED for protocol in (b"\x02", b"\x03", b"\x04", b"\x05")},
    b"\x1f\x8b": f"is compressed with gzip. Unpack it, and import {KNOWN}",
    b"\x93numpy": "is a NumPy array, not a model",
    b"matlab ": "is a MATLAB file. Export the model from MATLAB with exportONNXNetwork",
    b"gguf": "is a GGUF file. " + _EXPORT,
    b"{": "is a JSON file, such as an architecture without its weights. Save the whole model with model.save",
}
"""Descriptions of files that aren't models, by their first bytes in lower case."""
_JSON = {
    b'"modeltopology"': _TENSORFLOW_JS,
    b'"cells"': "is a notebook, not a model. Run it, and import the model that it saves",
}
"""Descriptions of JSON files, by a word near their start in lower case."""
_WEIGHTS = "has weights without an architecture. Save the whole model with model.save, or export it as .onnx"
_NO_MODEL_SUFFIXES = {
    **dict.fromkeys((".index", ".ckpt", ".safetensors", ".npz"), _WEIGHTS),
    **dict.fromkeys((".pt", ".pth", ".ptl"), _PYTORCH),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".sav"), _PICKLED),
    **dict.fromkeys((".c", ".cc", ".cpp", ".h", ".hpp", ".ino"), _C_SOURCE),
    ".pb": "is a TensorFlow 1 frozen graph. Export the model as a SavedModel with TensorFlow 2",
    ".bin": "has the weights of a TensorFlow.js or OpenVINO model without an architecture. " + _EXPORT,
    ".weights": "has the weights of a Darknet model without its architecture. " + _EXPORT,
    ".mlmodel": "is a Core ML model. " + _EXPORT,
    ".caffemodel": "is a Caffe model. " + _EXPORT,
    ".pdmodel": "is a PaddlePaddle model. " + _EXPORT,
    ".ort": "is an ONNX model in ONNX Runtime's own format. Import the .onnx file it was made from",
}
"""Descriptions of files that aren't models, by suffix, for files whose first bytes don't identify them."""
_FILE_SUFFIXES = (".keras", ".h5", ".hdf5", ".tflite", ".onnx")


class Format(Enum):
    """The formats of models that can be imported."""

    KERAS = ".keras"
    HDF5 = ".h5"
    SAVED_MODEL = ""
    LITERT = ".tflite"
    ONNX = ".onnx"


def identify(path: Path, unpacked: Path | None) -> tuple[Format, Path]:
    """Return the format of a model, and its file or folder.

    A zipped model is unpacked to the folder ``unpacked``, or refused without one. Raises NotImportable, saying what the
    file is, if it isn't a model, or is an archive that is too large when unpacked or unpacks elsewhere. Raises OSError
    if it can't be read.
    """
    if not path.exists():
        raise NotImportable("does not exist.")
    if path.name == "saved_model.pb":
        path = path.parent
    if path.is_dir():
        return Format.SAVED_MODEL, _saved_model(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise NotImportable("is empty.")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return Format.HDF5, path
    if head[4:8] == b"TFL3":
        return Format.LITERT, path
    if head.startswith(b"PK\x03\x04"):
        return _archive(path, unpacked)
    start = head.lstrip().lower()
    what = next((what for beginning, what in _NO_MODEL.items() if start.startswith(beginning)), None)
    if start.startswith(b"{"):
        what = next((what for word, what in _JSON.items() if word in start), what)
    if what == _PICKLED and path.suffix.lower() in (".pt", ".pth"):
        what = _PYTORCH
    if not what and path.suffix.lower() == ".onnx":
        return Format.ONNX, path
    if not what and ".ckpt" in path.name:
        what = _WEIGHTS
    what = what or _NO_MODEL_SUFFIXES.get(path.suffix.lower(), f"is not {KNOWN}, or it is damaged")
    raise NotImportable(f"{what}.")


def _saved_model(folder: Path) -> Path:
    """Return the SavedModel in a folder, which may be in subfolders named after the model and its version."""
    found = (found for depth in ("", "*/", "*/*/") for found in folder.glob(f"{depth}saved_model.pb"))
    if models := [file.parent for file in found]:
        # The latest version, as TensorFlow Serving does.
        return max(models, key=lambda model: int(model.name) if model.name.isdecimal() else -1)
    if any(folder.glob("*.index")) or (folder / "checkpoint").exists():
        what = _WEIGHTS
    elif (folder / "model.json").exists() and any(folder.glob("*.bin")):
        what = _TENSORFLOW_JS
    elif files := [file.name for file in sorted(folder.iterdir()) if file.suffix in _FILE_SUFFIXES]:
        what = f"is a folder. Import a file in it, such as {files[0]}"
    else:
        what = "is a folder without a SavedModel: it has no saved_model.pb"
    raise NotImportable(f"{what}.")


def _archive(path: Path, unpacked: Path | None) -> tuple[Format, Path]:
    if not is_zipfile(path):
        raise NotImportable("is truncated: its end is missing. Download or copy it again.")
    try:
        with open_archive(path) as archive:
            _check_paths(archive)
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
            if "config.json" in names:
                return Format.KERAS, path
            model = _model_in(names)
            if unpacked is None:
                raise NotImportable(f"is a ZIP file in a ZIP file. Unpack it, and import {KNOWN}.")
            archive.extractall(unpacked)
    except BadZipFile as error:
        raise NotImportable(f"can't be imported: {error}.") from error
    return identify(unpacked / model, None)


def _model_in(names: list[str]) -> str:
    """Return the model in an archive with these files: the name of a file, or an empty one for a SavedModel."""
    files = [PurePosixPath(name).name for name in names]
    if "saved_model.pb" in files:
        return ""
    models = [name for name in names if PurePosixPath(name).suffix.lower() in _FILE_SUFFIXES]
    if "data.pkl" in files:
        what = _PYTORCH
    elif any(name.endswith((".weights.h5", ".npy")) for name in names):
        what = _WEIGHTS
    elif len(models) == 1:
        return models[0]
    elif models:
        what = f"is a ZIP file with several models. Import one of them, such as {PurePosixPath(models[0]).name}"
    else:
        what = f"is a ZIP file, but not of a model. Import {KNOWN}"
    raise NotImportable(f"{what}.")


def _check_paths(archive: ZipFile) -> None:
    """Raise NotImportable if an archive has links, or files that would be unpacked to other places."""
    for info in archive.infolist():
        name = PurePosixPath(info.filename.replace("\\", "/"))
        is_outside = name.is_absolute() or ".." in name.parts or ":" in str(name).partition("/")[0]
        if is_outside or stat.S_ISLNK(info.external_attr >> 16):
            raise NotImportable(
                "was not loaded, because it has files that would be unpacked outside its folder, such as "
                f"{info.filename!r}."
            )
