import json
import os
import pickle
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.saved_model.loader_impl import parse_saved_model

from digitrec.errors import ModelBroken
from digitrec.training.imported.worker import Request, convert_model
from tests.support.foreign_models import Foreign, build, varied_samples

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]


@pytest.fixture
def refusal(tmp_path):
    """Return a function that imports a model and returns the message with which it is refused."""

    def run(path, trusted=False):
        folder = tmp_path / "imported"
        folder.mkdir()
        with pytest.raises(ModelBroken) as caught:
            convert_model(
                Request(path, "mine", tmp_path, "import", trusted), folder, varied_samples(1), lambda stage: None
            )
        assert str(path) in str(caught.value)
        assert str(folder) not in str(caught.value)
        return str(caught.value)

    return run


def network(*extra, shape=(28, 28, 1), outputs=10):
    return keras.Sequential([keras.Input(shape), *extra, layers.Flatten(), layers.Dense(outputs)])


def write_zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")


FILES = {
    "empty.keras": (b"", "is empty"),
    "pointer.h5": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n", "is a Git LFS pointer"),
    "page.tflite": (b"\n<!DOCTYPE html><html><title>404</title>", "is a web page"),
    "model.pkl": (pickle.dumps({"a": 1}), "is pickled Python, which would run code"),
    "model.json": (b'{"class_name": "Sequential"}', "an architecture without its weights"),
    "model.onnx.gz": (b"\x1f\x8b\x08\x00", "is compressed with gzip"),
    "model.pt": (b"anything", "is a PyTorch file"),
    "model.ckpt-3.data-00000-of-00001": (b"anything", "weights without an architecture"),
    "frozen.pb": (b"anything", "is a frozen graph of TensorFlow 1"),
    "network.txt": (b"not a network", "is not a .keras, .h5, .tflite or .onnx file or a SavedModel"),
    "cut.tflite": (b"\x1c\x00\x00\x00TFL3\x14\x00", "damaged or is not a LiteRT network"),
}


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_no_model_is_named(name, tmp_path, refusal):
    content, message = FILES[name]
    (tmp_path / name).write_bytes(content)

    assert message in refusal(tmp_path / name)


def test_missing_file_and_folder_without_model_are_refused(tmp_path, refusal):
    (tmp_path / "folder").mkdir()

    assert "has no saved_model.pb" in refusal(tmp_path / "folder")
    (tmp_path / "imported").rmdir()
    assert "does not exist" in refusal(tmp_path / "missing.keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_truncated_file_is_refused(suffix, tmp_path, refusal):
    path = tmp_path / f"network{suffix}"
    network().save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert "is truncated" in refusal(path)


@pytest.mark.parametrize("suffix", [".weights.h5", "-2.h5"])
def test_weights_without_architecture_are_refused(suffix, tmp_path, refusal):
    path = tmp_path / f"model{suffix}"
    if suffix == ".weights.h5":
        network().save_weights(path)
    else:
        # As Keras 2 saves weights.
        with h5py.File(path, "w") as file:
            file.attrs["layer_names"] = ["dense"]

    assert "has weights without an architecture" in refusal(path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["archive/data.pkl", "archive/data/0"], "is a PyTorch file"),
        (["a.txt"], "is a ZIP file, but not of a Keras model"),
        (["config.json", "../outside.json"], "unpacked outside of it, such as '../outside.json'"),
        (["config.json", "/etc/outside.json"], "unpacked outside of it"),
        (["config.json", "C:\\outside.json"], "unpacked outside of it"),
        (["model/saved_model.pb", "model/../../outside"], "unpacked outside of it"),
        (["config.json", "model.weights.npz"], "the pickled part 'model.weights.npz'"),
        (["config.json", "code.py"], "the unknown part 'code.py'"),
    ],
)
def test_archive_of_something_else_is_refused(names, message, tmp_path, refusal):
    write_zip(tmp_path / "model.keras", names)

    assert message in refusal(tmp_path / "model.keras")
    assert not list(tmp_path.rglob("outside*"))


def test_archive_with_a_link_is_refused(tmp_path, refusal):
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr(link, "/etc/passwd")

    assert "unpacked outside of it" in refusal(tmp_path / "model.keras")


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, refusal):
    with zipfile.ZipFile(tmp_path / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(20 * 2**20))

    assert "more than 200 times its size" in refusal(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("shape", "outputs", "message"),
    [
        ((28, 28, 1), 26, "has 26 outputs, as models of letters have"),
        ((28, 28, 1), 62, "has 62 outputs, as models of letters and digits have"),
        ((28, 28, 1), 1, "returns one value for each picture"),
        ((28, 28, 3), 1000, "has 1,000 outputs"),
        ((100, 50), 10, "takes inputs of N × 100 × 50"),
    ],
)
def test_model_of_another_task_is_named(shape, outputs, message, tmp_path, refusal):
    network(shape=shape, outputs=outputs).save(tmp_path / "network.keras")

    assert message in refusal(tmp_path / "network.keras")


def test_model_of_words_is_named(tmp_path, refusal):
    sequence = [layers.Reshape((28, 28)), layers.Dense(80)]
    keras.Sequential([keras.Input((28, 28, 1)), *sequence]).save(tmp_path / "network.keras")

    assert "returns a sequence of 28 × 80 values, as models of words do" in refusal(tmp_path / "network.keras")


def test_model_with_two_inputs_is_refused(tmp_path, refusal):
    inputs = [keras.Input((28, 28, 1)), keras.Input((10,))]
    values = layers.Concatenate()([layers.Flatten()(inputs[0]), inputs[1]])
    keras.Model(inputs, layers.Dense(10)(values)).save(tmp_path / "network.keras")

    assert "takes 2 inputs, but a digit model takes one picture" in refusal(tmp_path / "network.keras")


def test_untrained_model_is_refused_with_what_was_tried(tmp_path, refusal):
    network().save(tmp_path / "network.keras")

    message = refusal(tmp_path / "network.keras")

    assert "is not a digit model" in message
    rows = message.split("What was tried:\n")[1].splitlines()
    assert len(rows) == 8
    assert any("0 to 255, black on white" in row for row in rows)
    shares = [float(row.split("%")[0]) for row in rows]
    assert shares == sorted(shares, reverse=True)


def test_model_that_returns_nan_is_refused(tmp_path, refusal):
    model = network()
    model.set_weights([np.full((784, 10), np.nan), np.zeros(10)])
    model.save(tmp_path / "network.keras")

    assert "not numbers" in refusal(tmp_path / "network.keras")


class Reader(tf.Module):
    """A SavedModel that reads a file when it is loaded or called."""

    def __init__(self, file, operation):
        super().__init__()
        self.file, self.operation = file, operation

    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1))])
    def __call__(self, images):
        if self.operation == "WriteFile":
            tf.io.write_file(self.file, "written")
            size = 0
        elif self.operation == "EagerPyFunc":
            size = tf.py_function(lambda: 1, [], tf.int32)
        else:
            size = tf.strings.length(tf.io.read_file(self.file))
        return tf.reshape(images, (-1, 784))[:, :10] + tf.cast(size, tf.float32)


@pytest.mark.parametrize("operation", ["ReadFile", "WriteFile", "EagerPyFunc"])
def test_saved_model_that_reaches_files_or_runs_code_is_refused(operation, tmp_path, refusal):
    file = tmp_path / "file"
    if operation == "ReadFile":
        file.write_text("secret")
    reader = Reader(str(file), operation)
    tf.saved_model.save(reader, str(tmp_path / "network"), signatures={"serving_default": reader.__call__})

    assert f"was not loaded, because it has the operation {operation}" in refusal(tmp_path / "network")
    assert operation != "WriteFile" or not file.exists()


def test_saved_model_of_tensorflow_1_is_refused(tmp_path, refusal):
    network().export(tmp_path / "network", verbose=False)
    proto = parse_saved_model(str(tmp_path / "network"))
    proto.meta_graphs[0].ClearField("object_graph_def")
    (tmp_path / "network" / "saved_model.pb").write_bytes(proto.SerializeToString())

    assert "Export it again with TensorFlow 2" in refusal(tmp_path / "network")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_network_with_code_is_refused(suffix, tmp_path, refusal):
    network(layers.Lambda(lambda x: x)).save(tmp_path / f"network{suffix}")

    message = refusal(tmp_path / f"network{suffix}")

    assert "was not loaded, because it has the layer or object Lambda" in message


def test_trusted_network_with_code_is_imported(tmp_path, monkeypatch):
    marker = tmp_path / "ran"

    # Keras can't load an anonymous function with arguments of its own.
    monkeypatch.setenv("MARKER", str(marker))
    run = lambda values: (__import__("pathlib").Path(__import__("os").environ["MARKER"]).touch(), values)[1]  # noqa: E731
    path = build(Foreign(".keras"), tmp_path)
    fitted = keras.models.load_model(path)
    keras.Sequential([keras.Input((28, 28, 1)), layers.Lambda(run), *fitted.layers]).save(path)
    marker.unlink()
    (tmp_path / "imported").mkdir()
    request = Request(path, "mine", tmp_path, "import", trusted=True)

    card = convert_model(request, tmp_path / "imported", varied_samples(1), lambda stage: None)

    assert card.conventions.accuracy > 0.85
    assert marker.exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "function"),
        ({"module": "os", "class_name": "function", "config": "system"}, "function"),
        ({"module": "my_package", "class_name": "MyLayer", "registered_name": "My>MyLayer"}, "MyLayer"),
        ({"module": None, "class_name": "MyLayer", "config": {}, "registered_name": "My>MyLayer"}, "MyLayer"),
        ({"module": "builtins", "class_name": "__lambda__", "config": {"value": "code"}}, "__lambda__"),
        ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "TFOpLambda"),
    ],
)
def test_configuration_that_names_other_code_is_refused(change, found, tmp_path, refusal):
    path = tmp_path / "network.keras"
    network().save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    config["config"]["layers"][1]["config"]["activation"] = change
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (files | {"config.json": json.dumps(config)}).items():
            archive.writestr(name, content)

    assert f"has the layer or object {found}" in refusal(path)


def test_network_with_weights_in_another_file_is_refused(tmp_path, refusal):
    network().save(tmp_path / "network.h5")
    with h5py.File(tmp_path / "network.h5", "a") as file:
        file["stolen"] = h5py.ExternalLink("/etc/passwd", "/")

    assert "takes its weights from other files" in refusal(tmp_path / "network.h5")


@pytest.mark.parametrize("location", ["weights.bin", "../weights.bin"])
def test_onnx_file_with_weights_in_another_file_is_refused(location, tmp_path, refusal, monkeypatch):
    onnx = pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    pytest.importorskip("onnxruntime", reason="install onnxruntime to test ONNX files")
    path = build(Foreign(".onnx"), tmp_path)
    model = onnx.load(path)
    weights = model.graph.initializer[0]
    (tmp_path / "weights.bin").write_bytes(weights.raw_data)
    onnx.external_data_helper.set_external_data(weights, location)
    weights.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path if location == "weights.bin" else tmp_path / "below")

    assert "is damaged or is not an ONNX network" in refusal(path)


@pytest.mark.full
def test_unknown_layer_is_named(tmp_path, refusal):
    network(layers.Dropout(0.5)).save(tmp_path / "network.h5")
    with h5py.File(tmp_path / "network.h5", "a") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace("Dropout", "MyOwnLayer")

    assert "the code of its custom layer or function MyOwnLayer isn't in the file" in refusal(tmp_path / "network.h5")


def test_custom_metrics_do_not_matter(tmp_path):
    def my_metric(labels, predictions):
        return keras.ops.mean(predictions)

    path = build(Foreign(".keras"), tmp_path)
    fitted = keras.models.load_model(path)
    fitted.compile("adam", "categorical_crossentropy", metrics=[my_metric])
    fitted.save(path)
    (tmp_path / "imported").mkdir()

    card = convert_model(
        Request(path, "mine", tmp_path, "import"), tmp_path / "imported", varied_samples(1), lambda stage: None
    )

    assert card.conventions.accuracy > 0.85


def test_state_of_an_unknown_optimizer_does_not_matter(tmp_path):
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
    (tmp_path / "imported").mkdir()

    card = convert_model(
        Request(path, "mine", tmp_path, "import"), tmp_path / "imported", varied_samples(1), lambda stage: None
    )

    assert card.conventions.accuracy > 0.85


def test_zipped_saved_model_is_imported(tmp_path):
    path = build(Foreign("saved-function"), tmp_path)
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for file in path.rglob("*"):
            archive.write(file, Path("digits") / file.relative_to(path))
    (tmp_path / "imported").mkdir()
    request = Request(tmp_path / "model.zip", "mine", tmp_path, "import")

    card = convert_model(request, tmp_path / "imported", varied_samples(1), lambda stage: None)

    assert card.conventions.accuracy > 0.85


@pytest.mark.full
def test_public_models_are_imported(tmp_path):
    """Import what lies in a folder. Files that aren't whole don't count."""
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

    refused = {}
    for number, path in enumerate(paths):
        try:
            import_model(Request(path, f"m{number}", Path(data), "import"), tmp_path / "models", lambda stage: None)
        except ModelBroken as error:
            if not any(whole in str(error) for whole in ("truncated", "is empty", "Git LFS", "web page")):
                refused[path] = str(error)
    assert len(refused) <= 0.05 * len(paths), refused
