import json
import os
import pickle
import sys
import zipfile
from math import prod
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.saved_model.loader_impl import parse_saved_model

from digitrec.errors import ModelBroken
from digitrec.training.imported.import_model import Request
from tests.support.foreign_models import Foreign, build, build_onnx, fit, untrained

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]


def write_zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")


def save_onnx(folder, shape=(28, 28, 1), outputs=10, weight=0.0):
    """Write a linear model with these weights, which is faster than converting one from Keras."""
    pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    pytest.importorskip("onnxruntime", reason="install onnxruntime to test ONNX files")
    weights = np.broadcast_to(np.float32(weight), (prod(shape), outputs)).copy()
    foreign = Foreign(".onnx", shape, classes=outputs)
    return build_onnx(foreign, weights, np.zeros(outputs, np.float32), folder / "network.onnx", "")


FILES = {
    "empty.keras": (b"", "is empty"),
    "pointer.h5": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n", "is a Git LFS pointer"),
    "page.tflite": (b"\n<!DOCTYPE html><html><title>404</title>", "is a web page"),
    "model.pkl": (pickle.dumps({"a": 1}), "is pickled Python, which would run code"),
    "model.json": (b'{"class_name": "Sequential"}', "an architecture without its weights"),
    "model.onnx.gz": (b"\x1f\x8b\x08\x00", "is compressed with gzip"),
    "model.pt": (b"anything", "is a PyTorch file"),
    "model.ckpt-3.data-00000-of-00001": (b"anything", "weights without an architecture"),
    "frozen.pb": (b"anything", "is a TensorFlow 1 frozen graph"),
    "legacy.pth": (pickle.dumps([1], protocol=2), "is a PyTorch file"),
    "model.joblib": (b"x\x9c", "is pickled Python, which would run code"),
    "model.safetensors": (bytes(8), "weights without an architecture"),
    "yolo.weights": (bytes(8), "has the weights of a Darknet model"),
    "tfjs/model.json": (b'{"format": "layers-model", "modelTopology": {}}', "is a TensorFlow.js model"),
    "group1-shard1of1.bin": (bytes(8), "has the weights of a TensorFlow.js or OpenVINO model"),
    "mnist.ipynb": (b'{"cells": [], "metadata": {}}', "is a notebook, not a model"),
    "model.cc": (b"const unsigned char model[] = {0x1c};", "is C source, such as an array with a .tflite file"),
    "net.mat": (b"MATLAB 5.0 MAT-file", "is a MATLAB file"),
    "model.mlmodel": (bytes(8), "is a Core ML model"),
    "network.txt": (b"not a network", "is not a .keras, .h5, .tflite or .onnx file or a SavedModel"),
    "cut.tflite": (b"\x1c\x00\x00\x00TFL3\x14\x00", "damaged or is not a LiteRT network"),
}


NOT_WHOLE = ("truncated", "is damaged. Download", "it is damaged (", "is empty", "Git LFS", "web page")
WRONG_KINDS = ("but a digit model", "weights without an architecture", "several models", "not of a model")


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_not_a_model_is_named(name, tmp_path, refusal):
    content, message = FILES[name]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)

    assert message in refusal(tmp_path / name)


def test_missing_file_and_folder_without_model_are_refused(tmp_path, refusal):
    folder = tmp_path / "folder"
    folder.mkdir()

    assert "has no saved_model.pb" in refusal(folder)
    (folder / "digits.h5").touch()
    assert "is a folder. Import a file in it, such as digits.h5" in refusal(folder)
    (folder / "model.json").touch()
    (folder / "group1-shard1of1.bin").touch()
    assert "is a TensorFlow.js model" in refusal(folder)
    (folder / "checkpoint").touch()
    assert "has weights without an architecture" in refusal(folder)
    assert "does not exist" in refusal(tmp_path / "missing.keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_truncated_file_is_refused(suffix, tmp_path, refusal):
    path = tmp_path / f"network{suffix}"
    untrained().save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert "is truncated" in refusal(path)


def test_damaged_configuration_is_refused(tmp_path, refusal):
    write_zip(tmp_path / "model.keras", ["config.json"])

    assert "it is damaged (Expecting value" in refusal(tmp_path / "model.keras")


@pytest.mark.parametrize("suffix", [".weights.h5", "-2.h5"])
def test_weights_without_architecture_are_refused(suffix, tmp_path, refusal):
    path = tmp_path / f"model{suffix}"
    if suffix == ".weights.h5":
        untrained().save_weights(path)
    else:
        # As Keras 2 saves weights.
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = ["dense"]

    assert "has weights without an architecture" in refusal(path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["archive/data.pkl", "archive/data/0"], "is a PyTorch file"),
        (["a.txt"], "is a ZIP file, but not of a model"),
        (["one.h5", "two.h5"], "is a ZIP file with several models. Import one of them, such as one.h5"),
        (["digits/mine.h5"], "is not a .keras, .h5, .tflite or .onnx file"),
    ],
)
def test_archive_of_something_else_is_refused(names, message, tmp_path, refusal):
    write_zip(tmp_path / "model.keras", names)

    assert message in refusal(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("shape", "outputs", "message"),
    [
        ((28, 28, 1), 26, "has 26 outputs, like a model for letters"),
        ((28, 28, 1), 62, "has 62 outputs, like a model for letters and digits"),
        ((28, 28, 1), 1, "returns one value for each image"),
        ((28, 28, 3), 1000, "is not a digit model"),
        ((28, 28, 1), 4096, "has 4,096 outputs"),
        ((28, 28, 1), 128, "is not a digit model"),
        ((28, 28, 1), 7, "has 7 outputs"),
        ((28, 28, 1), 47, "has 47 outputs, like a model for letters and digits"),
        ((784,), 784, "returns an image for each image, like an autoencoder"),
        ((100, 40), 10, "takes inputs of N × 100 × 40"),
    ],
)
def test_refusal_names_the_task_of_another_model(shape, outputs, message, tmp_path, refusal):
    assert message in refusal(save_onnx(tmp_path, shape, outputs))


def test_model_for_letters_after_the_digits_is_refused(tmp_path, refusal):
    pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    weights, biases = fit(Foreign(".onnx"))
    # Ten letters that look like mirrored digits, so that some look like a digit, as O looks like 0.
    mirrored = weights.reshape(28, 28, 10)[:, ::-1].reshape(784, 10)
    both = np.concatenate([weights, mirrored], 1), np.concatenate([biases, biases])

    path = build_onnx(Foreign(".onnx", classes=20), *both, tmp_path / "network.onnx", "")

    assert "has 20 outputs, but a digit model has ten outputs, plus any that" in refusal(path)


def test_weak_model_with_spare_outputs_is_refused_with_what_was_tried(tmp_path, refusal):
    pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    weights, biases = fit(Foreign(".onnx", classes=20))
    # Half of the digits are never predicted, and neither are the spare outputs.
    biases = np.where(np.arange(20) < 5, biases, -1e6).astype(np.float32)

    path = build_onnx(Foreign(".onnx", classes=20), weights, biases, tmp_path / "network.onnx", "")

    assert "is a very weak one: it predicts" in (message := refusal(path))
    assert "What was tried:\n" in message


def test_refusal_says_that_a_model_takes_text(tmp_path, refusal):
    sequence = [layers.Reshape((28, 28)), layers.Dense(80)]
    keras.Sequential([keras.Input((28, 28, 1)), *sequence]).save(tmp_path / "network.keras")

    assert "returns a sequence of 28 × 80 values, like a model for words" in refusal(tmp_path / "network.keras")


def test_model_with_two_inputs_is_refused(tmp_path, refusal):
    inputs = [keras.Input((28, 28, 1)), keras.Input((10,))]
    values = layers.Concatenate()([layers.Flatten()(inputs[0]), inputs[1]])
    keras.Model(inputs, layers.Dense(10)(values)).save(tmp_path / "network.keras")

    assert "takes 2 inputs, but a digit model takes one image" in refusal(tmp_path / "network.keras")


def test_untrained_model_is_refused_with_what_was_tried(tmp_path, refusal):
    message = refusal(save_onnx(tmp_path, weight=np.random.default_rng(0).normal(size=(784, 10))))

    assert "is not a digit model" in message
    rows = message.split("What was tried:\n")[1].splitlines()
    assert len(rows) == 24
    assert any("0 to 255, black on white" in row for row in rows)
    shares = [float(row.split("%")[0]) for row in rows]
    assert shares == sorted(shares, reverse=True)


def test_model_that_returns_nan_is_refused(tmp_path, refusal):
    path = save_onnx(tmp_path, weight=np.nan)

    assert "not numbers" in refusal(path)


def test_saved_model_of_tensorflow_1_is_refused(tmp_path, refusal):
    untrained().export(tmp_path / "network", verbose=False)
    proto = parse_saved_model(str(tmp_path / "network"))
    proto.meta_graphs[0].ClearField("object_graph_def")
    (tmp_path / "network" / "saved_model.pb").write_bytes(proto.SerializeToString())

    assert "Export it again with TensorFlow 2" in refusal(tmp_path / "network")


def test_refusal_says_that_a_file_is_from_keras_1(tmp_path, refusal):
    with h5py.File(tmp_path / "network.h5", "w") as file:
        file.attrs["keras_version"] = b"1.2.2"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})

    assert "was saved by Keras 1.2.2" in refusal(tmp_path / "network.h5")


@pytest.mark.parametrize(
    ("domain", "version", "message"),
    [
        ("me", 1, "has the operation me:MyOp, which ONNX Runtime doesn't support"),
        ("", 99, "needs a later version of ONNX Runtime"),
    ],
)
def test_onnx_file_that_cannot_be_run_says_why(domain, version, message, tmp_path, refusal):
    onnx = pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    pytest.importorskip("onnxruntime", reason="install onnxruntime to test ONNX files")
    picture, values = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("picture", ("N", 28, 28)), ("values", ("N", 10)))
    )
    node = onnx.helper.make_node("MyOp", ["picture"], ["values"], domain=domain)
    graph = onnx.helper.make_graph([node], "digits", [picture], [values])
    versions = {"": 17} | {domain: version}
    imports = [onnx.helper.make_opsetid(*each) for each in versions.items()]
    onnx.save(onnx.helper.make_model(graph, opset_imports=imports, ir_version=9), tmp_path / "network.onnx")

    assert message in refusal(tmp_path / "network.onnx")


def test_onnx_file_without_onnx_runtime_says_what_to_install(tmp_path, refusal, monkeypatch):
    path = save_onnx(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    assert refusal(path) == f"{path} needs ONNX Runtime. Install it with: pip install onnxruntime"


@pytest.mark.full
def test_unknown_layer_is_named(tmp_path, refusal):
    untrained(layers.Dropout(0.5)).save(tmp_path / "network.h5")
    with h5py.File(tmp_path / "network.h5", "a") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace("Dropout", "MyOwnLayer")

    assert "the code of its custom layer or function MyOwnLayer isn't in the file" in refusal(tmp_path / "network.h5")


def test_custom_metrics_do_not_matter(tmp_path, imported):
    def my_metric(labels, predictions):
        return keras.ops.mean(predictions)

    path = build(Foreign(".keras"), tmp_path)
    fitted = keras.models.load_model(path)
    fitted.compile("adam", "categorical_crossentropy", metrics=[my_metric])
    fitted.save(path)

    assert imported(path).conventions.accuracy > 0.85


def test_state_of_an_unknown_optimizer_does_not_matter(tmp_path, imported):
    path = build(Foreign("saved-function"), tmp_path)
    proto = parse_saved_model(str(path))
    nodes = proto.meta_graphs[0].object_graph_def.nodes
    variable = next(number for number, node in enumerate(nodes) if node.HasField("variable"))
    # As in a file of Keras 2, whose optimizer Keras 3 doesn't know.
    nodes.add().user_object.identifier = "optimizer_of_keras_2"
    slot = nodes.add()
    slot.CopyFrom(nodes[variable])
    nodes[0].children.add(node_id=len(nodes) - 2, local_name="optimizer")
    nodes[-2].slot_variables.add(
        original_variable_node_id=variable, slot_name="m", slot_variable_node_id=len(nodes) - 1
    )
    (path / "saved_model.pb").write_bytes(proto.SerializeToString())
    with pytest.raises(AttributeError, match="add_slot"):
        tf.saved_model.load(str(path))

    assert imported(path).conventions.accuracy > 0.85


@pytest.mark.parametrize("kind", ["saved-function", ".onnx-external"])
def test_zipped_model_is_imported(kind, tmp_path, imported):
    (tmp_path / "files" / "mine").mkdir(parents=True)
    build(Foreign(kind), tmp_path / "files" / "mine")
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        # As tar writes it.
        archive.writestr("./", b"")
        for file in (tmp_path / "files").rglob("*"):
            archive.write(file, f"./{file.relative_to(tmp_path / 'files')}")

    assert imported(tmp_path / "model.zip").conventions.accuracy > 0.85


def test_zipped_file_is_named_like_its_archive(tmp_path, refusal):
    path = save_onnx(tmp_path, outputs=26)
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.write(path, "network.onnx")
        archive.write(path, "__MACOSX/._network.onnx")

    assert refusal(tmp_path / "model.zip").startswith(f"{tmp_path / 'model.zip'} has 26 outputs")


def test_archive_in_an_archive_is_refused(tmp_path, refusal):
    write_zip(tmp_path / "inner.h5", ["network.onnx"])
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.write(tmp_path / "inner.h5", "inner.h5")

    assert "is a ZIP file in a ZIP file" in refusal(tmp_path / "model.zip")


def best_tried(message):
    """Return the best accuracy in the table of a refusal, or 1 if it has no table."""
    _, _, table = message.partition("What was tried:\n")
    return max((float(row.split("%")[0]) / 100 for row in table.splitlines()), default=1)


@pytest.mark.full
def test_public_models_are_imported(tmp_path, capsys):
    """Import what lies in a folder. Files that aren't whole or aren't digit models don't count.

    Neither do models that predict less than half of the digits correctly however they were tried. They are listed,
    because the right way may not have been among those: find out by hand.
    """
    folder = os.environ.get("DIGITREC_FOREIGN_MODELS")
    if not folder:
        pytest.skip("set DIGITREC_FOREIGN_MODELS to a folder of digit models to run this test")
    suffixes = {".keras", ".h5", ".hdf5", ".tflite", ".onnx"}
    paths = [path for path in sorted(Path(folder).rglob("*")) if path.suffix in suffixes]
    paths += [path.parent for path in sorted(Path(folder).rglob("saved_model.pb"))]
    data = os.environ.get("MNIST_FOLDER")
    if not data:
        pytest.skip("set MNIST_FOLDER to a folder with mnist.npz to run this test")
    from digitrec.training.imported.import_model import import_model

    imported, refused = [], {}
    for number, path in enumerate(paths):
        try:
            import_model(Request(path, f"m{number}", Path(data), "import"), tmp_path / "models", lambda stage: None)
            imported.append(path)
        except ModelBroken as error:
            if not any(phrase in str(error) for phrase in NOT_WHOLE + WRONG_KINDS):
                refused[path] = str(error)
    weak = {path: message for path, message in refused.items() if best_tried(message) < 0.5}
    failures = {path: message for path, message in refused.items() if path not in weak}
    with capsys.disabled():
        print(f"\n{len(imported)} models imported, {len(failures)} not; too weak however they were tried: {len(weak)}")
        print(*weak.values(), sep="\n")
    assert imported, refused
    assert len(failures) <= 0.05 * (len(imported) + len(failures)), failures
