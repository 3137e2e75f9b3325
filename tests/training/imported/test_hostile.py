"""Files that would run code or reach other files when they are loaded: refused, and shown to have done nothing."""

import importlib
import json
import os
import pickle
import zipfile
from pathlib import Path

import h5py
import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.saved_model.loader_impl import parse_saved_model

from tests.support.foreign_models import Foreign, build, untrained

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """Return the path of a file that hostile code creates if it runs."""
    path = tmp_path / "canary"
    # Keras can't load an anonymous function with arguments of its own.
    monkeypatch.setenv("CANARY", str(path))
    return path


def touch_canary(values):
    Path(os.environ["CANARY"]).touch()
    return values


def hostile_lambda():
    """Return an anonymous function that works without this module, because it is saved as bytecode."""
    return lambda values: (__import__("pathlib").Path(__import__("os").environ["CANARY"]).touch(), values)[1]


class Pickled:
    """An object that runs code when it is unpickled."""

    def __reduce__(self):
        return touch_canary, (0,)


def write_zip(path, contents):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def replace_activation(path, activation):
    """Write a configuration with another activation to a ``.keras`` file."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    config["config"]["layers"][1]["config"]["activation"] = activation
    write_zip(path, contents | {"config.json": json.dumps(config)})


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("library", ["keras", pytest.param("tf_keras", marks=pytest.mark.full)])
def test_lambda_layer_is_refused(library, suffix, tmp_path, refusal, canary):
    library = pytest.importorskip(library, reason="install tf_keras to test files of Keras 2")
    path = tmp_path / f"network{suffix}"
    shape = {"output_shape": (784,)} if suffix == ".keras" else {}
    library.Sequential([library.Input((784,)), library.layers.Lambda(hostile_lambda(), **shape)]).save(path)
    canary.unlink(missing_ok=True)

    assert "was not loaded, because it has the layer or object Lambda" in refusal(path)
    assert not canary.exists()


@pytest.mark.slow
def test_code_in_a_trusted_file_may_run(tmp_path, imported, canary):
    path = build(Foreign(".keras"), tmp_path)
    fitted = keras.models.load_model(path)
    keras.Sequential([keras.Input((28, 28, 1)), layers.Lambda(hostile_lambda()), *fitted.layers]).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("code.py", "")
    canary.unlink()

    assert imported(path, trusted=True).conventions.accuracy > 0.85
    assert canary.exists()


@pytest.mark.parametrize(
    ("activation", "found"),
    [
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "function"),
        ({"module": "os", "class_name": "function", "config": "system"}, "function"),
        ({"module": "hostile_package", "class_name": "MyLayer", "registered_name": "My>MyLayer"}, "MyLayer"),
        ({"module": None, "class_name": "MyLayer", "config": {}, "registered_name": "My>MyLayer"}, "MyLayer"),
        ({"module": "builtins", "class_name": "__lambda__", "config": {"value": "code"}}, "__lambda__"),
        ({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}}, "TFOpLambda"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp"}}, "TFSMLayer"),
        ({"module": "keras.layers", "class_name": "TextVectorization", "config": {}}, "TextVectorization"),
    ],
)
def test_configuration_that_names_other_code_is_refused(activation, found, tmp_path, refusal, canary, monkeypatch):
    (tmp_path / "hostile_package.py").write_text('import os\nopen(os.environ["CANARY"], "w").close()\n')
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    path = tmp_path / "network.keras"
    untrained().save(path)
    replace_activation(path, activation)

    assert f"has the layer or object {found}" in refusal(path)
    assert not canary.exists()


@pytest.mark.parametrize("name", ["model.pkl", "model.pt", "model.h5"])
def test_pickled_file_is_refused(name, tmp_path, refusal, canary):
    (tmp_path / name).write_bytes(pickle.dumps(Pickled()))

    assert "pickled Python" in refusal(tmp_path / name)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("part", "message"),
    [("model.weights.npz", "the pickled part 'model.weights.npz'"), ("code.py", "the unknown part 'code.py'")],
)
def test_part_that_may_be_code_is_refused(part, message, tmp_path, refusal, canary):
    path = tmp_path / "network.keras"
    untrained().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(part, pickle.dumps(Pickled()))

    assert message in refusal(path)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("names", "outside"),
    [
        (["config.json", "../outside.json"], "'../outside.json'"),
        (["config.json", "/tmp/outside.json"], "'/tmp/outside.json'"),
        (["config.json", "C:\\outside.json"], r"'C:\\outside.json'"),
        (["model/saved_model.pb", "model/../../outside"], "'model/../../outside'"),
    ],
)
def test_archive_with_files_outside_of_it_is_refused(names, outside, tmp_path, refusal):
    write_zip(tmp_path / "model.keras", dict.fromkeys(names, b"content"))

    assert f"would be unpacked outside its folder, such as {outside}" in refusal(tmp_path / "model.keras")
    assert not list(tmp_path.rglob("outside*"))


def test_archive_with_a_link_is_refused(tmp_path, refusal):
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = 0o120777 << 16
    write_zip(tmp_path / "model.keras", {"config.json": "{}"})
    with zipfile.ZipFile(tmp_path / "model.keras", "a") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "would be unpacked outside its folder" in refusal(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["config.json", "model/saved_model.pb"])
def test_archive_that_unpacks_to_too_much_is_refused(name, tmp_path, refusal):
    write_zip(tmp_path / "model.keras", {name: bytes(20 * 2**20)})

    assert "more than 200 times its size" in refusal(tmp_path / "model.keras")


def test_hdf5_file_with_weights_elsewhere_is_refused(tmp_path, refusal):
    untrained().save(tmp_path / "network.h5")
    with h5py.File(tmp_path / "network.h5", "a") as file:
        file["stolen"] = h5py.ExternalLink("/etc/passwd", "/")

    assert "takes its weights from other files" in refusal(tmp_path / "network.h5")


def add_nothing(values):
    return tf.zeros((), tf.float32)


def write_canary(values):
    with tf.control_dependencies([tf.io.write_file(os.environ["CANARY"], "written")]):
        return tf.zeros((), tf.float32)


def read_file(values):
    return tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)


def run_python(values):
    return tf.py_function(lambda: float(Path(os.environ["CANARY"]).touch() is None), [], tf.float32)


def in_inner_function(values):
    return tf.function(write_canary)(values)


def in_branch(values):
    return tf.cond(tf.size(values) > 0, lambda: write_canary(values), lambda: add_nothing(values))


def in_loop(values):
    return tf.while_loop(lambda total: total < 1, lambda total: total + 1 + write_canary(values), [0.0])[0]


def in_map(values):
    return tf.reduce_sum(tf.map_fn(write_canary, values, fn_output_signature=tf.float32))


def in_gradient(values):
    @tf.custom_gradient
    def identity(inputs):
        return inputs, lambda gradients: gradients + write_canary(values)

    return tf.reduce_sum(identity(values)) * 0


def in_data_set(values):
    data = tf.data.Dataset.from_tensors(0.0).map(write_canary)
    return data.reduce(0.0, lambda total, value: total + value)


@pytest.mark.parametrize(
    ("behavior", "operation"),
    [
        (write_canary, "WriteFile"),
        (read_file, "ReadFile"),
        (run_python, "EagerPyFunc"),
        (in_branch, "WriteFile"),
        *(
            pytest.param(behavior, "WriteFile", marks=pytest.mark.full)
            for behavior in (in_inner_function, in_loop, in_map, in_gradient, in_data_set)
        ),
    ],
)
def test_saved_model_that_reaches_files_or_runs_code_is_refused(behavior, operation, tmp_path, refusal, canary):
    class Hostile(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1))])
        def __call__(self, images):
            return tf.reshape(images, (-1, 784))[:, :10] + behavior(images)

    module = Hostile()
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(module, str(tmp_path / "network"), {"serving_default": module.__call__}, options)

    message = refusal(tmp_path / "network")

    assert operation in message.split("because it has the operation ")[1].split(", which")[0]
    assert not canary.exists()


@pytest.mark.parametrize(("name", "found"), [("Relu", "SaveV2"), ("ReluAndSave", "ReluAndSave")])
def test_saving_function_with_the_name_of_an_operation_is_refused(name, found, tmp_path, refusal):
    path = build(Foreign("saved-function"), tmp_path)
    proto = parse_saved_model(str(path))
    functions = proto.meta_graphs[0].graph_def.library.function
    [saving] = [function for function in functions if "traced_save" in function.signature.name]
    [called] = [function for function in functions if "signature_wrapper" in function.signature.name]
    # A node with the name of a function calls it.
    saving.signature.name = name
    called.node_def.add(name="node", op=name)
    (path / "saved_model.pb").write_bytes(proto.SerializeToString())

    assert found in refusal(path)


def test_saved_model_with_a_table_from_a_file_is_refused(tmp_path, refusal):
    (tmp_path / "table.txt").write_text("secret\n")

    class Hostile(tf.Module):
        def __init__(self):
            super().__init__()
            index = tf.lookup.TextFileIndex
            columns = (tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER)
            keys = tf.lookup.TextFileInitializer(str(tmp_path / "table.txt"), *columns)
            self.table = tf.lookup.StaticHashTable(keys, -1)

        @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1))])
        def __call__(self, images):
            found = tf.cast(self.table.lookup(tf.constant(["secret"])), tf.float32)
            return tf.reshape(images, (-1, 784))[:, :10] + found

    module = Hostile()
    tf.saved_model.save(module, str(tmp_path / "network"), {"serving_default": module.__call__})

    assert "InitializeTableFromTextFile" in refusal(tmp_path / "network")


@pytest.mark.parametrize("location", ["../weights.bin", "link.bin", "absolute", "missing.bin"])
def test_onnx_file_with_weights_elsewhere_is_refused(location, tmp_path, refusal, monkeypatch):
    onnx = pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
    pytest.importorskip("onnxruntime", reason="install onnxruntime to test ONNX files")
    folder = tmp_path / "network"
    folder.mkdir()
    path = build(Foreign(".onnx"), folder)
    model = onnx.load(path)
    weights = model.graph.initializer[0]
    (tmp_path / "weights.bin").write_bytes(weights.raw_data)
    (folder / "link.bin").symlink_to(tmp_path / "weights.bin")
    onnx.external_data_helper.set_external_data(
        weights, str(tmp_path / "weights.bin") if location == "absolute" else location
    )
    weights.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())
    # ONNX Runtime would look for files below the working directory.
    monkeypatch.chdir(folder)

    assert "takes its weights from another file, which isn't in the same folder" in refusal(path)


@pytest.mark.parametrize("operation", ["MatrixInverse", "Erfinv"])
def test_litert_file_with_other_operations_is_refused(operation, tmp_path, refusal):
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 28, 28))])
        def __call__(self, images):
            return tf.linalg.inv(images) if operation == "MatrixInverse" else tf.math.erfinv(images)

    module = Module()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.__call__.get_concrete_function()], module)
    if operation == "MatrixInverse":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    else:
        converter.allow_custom_ops = True
    (tmp_path / "network.tflite").write_bytes(converter.convert())

    assert f"has the operation {operation}, which LiteRT doesn't support" in refusal(tmp_path / "network.tflite")
