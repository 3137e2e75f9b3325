import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.saved_model.loader_impl import parse_saved_model

from digitrec.cli import main
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.feature_maps import load_feature_maps
from digitrec.recognition.models.cards import model_names
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.samples import samples
from tests.support.pictures import drawing_png

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def models(tmp_path, setting):
    setting("MODELS", tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder with a mnist.npz made of the samples."""
    images = np.stack([normalize(render(strokes, 280))[0] * 255 for strokes in samples().values()]).astype(np.uint8)
    images, labels = np.tile(images, (3, 1, 1)), np.tile(np.arange(10, dtype=np.uint8), 3)
    folder = tmp_path_factory.mktemp("data")
    np.savez(folder / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return folder


def network(shape=(28, 28, 1), outputs=10, activation="softmax"):
    """Return a network that recognizes exactly the samples."""
    model = keras.Sequential(
        [keras.Input(shape), layers.Flatten(), layers.Dense(outputs, activation=activation, name="answers")]
    )
    if (shape, outputs) == ((28, 28, 1), 10):
        templates = np.stack([normalize(render(strokes, 280))[0].ravel() for strokes in samples().values()])
        model.get_layer("answers").set_weights([templates.T * 0.2, -0.1 * (templates**2).sum(1)])
    return model


def import_network(path, data, name="mine"):
    return main(["import", str(path), "--name", name, "--data", str(data)])


@pytest.mark.parametrize("suffix", [".keras", ".h5", ""])
@pytest.mark.parametrize("activation", ["softmax", None])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_imported_network_is_evaluated_and_recognizes_digits(suffix, activation, data, models, tmp_path, capfd):
    path = tmp_path / f"network{suffix}"
    model = network(activation=activation)
    model.save(path) if suffix else model.export(path, verbose=False)

    assert import_network(path, data) == 0

    assert "Imported mine to" in capfd.readouterr().out
    assert model_names(models) == ["mine"]
    imported = load_digit_model("mine", models)
    assert imported.card.parameters == 7850
    assert imported.card.evaluations["MNIST test"].accuracy == 1
    for digit in range(10):
        prediction = DigitRecognizer(imported).recognize(drawing_png(digit), InputMethod.CANVAS)
        assert (prediction.label, prediction.model) == (str(digit), "mine")
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_network_with_convolutions_gets_feature_maps(activation, data, models, tmp_path):
    ending = layers.Dense(10, activation=activation)
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(3, 5), layers.ReLU(), layers.Flatten(), ending])
    model.save(tmp_path / "network.keras")

    assert import_network(tmp_path / "network.keras", data) == 0

    (feature_map,) = load_feature_maps("mine", models).compute(np.ones((28, 28), np.float32))
    assert (feature_map.layer, feature_map.activations.shape) == ("Convolution 1", (24, 24, 3))


def test_network_without_convolutions_has_no_feature_maps(data, models, tmp_path):
    network().save(tmp_path / "network.keras")

    assert import_network(tmp_path / "network.keras", data) == 0
    assert load_feature_maps("mine", models) is None


@pytest.mark.parametrize(
    ("shape", "outputs", "message"),
    [((32, 32, 3), 10, "(N, 32, 32, 3)"), ((28, 28, 1), 26, "(N, 26)"), ((784,), 10, "(N, 784)")],
)
def test_network_with_other_shapes_is_refused(shape, outputs, message, data, models, tmp_path, capsys):
    network(shape, outputs).save(tmp_path / "network.keras")

    assert import_network(tmp_path / "network.keras", data) == 1

    error = capsys.readouterr().err
    assert message in error
    assert "from (N, 28, 28, 1) to (N, 10)" in error
    assert model_names(models) == []


@pytest.mark.parametrize("name", ["network.keras", "network.h5", "network.txt", "folder", "missing.keras"])
def test_file_that_is_not_a_network_is_refused(name, data, models, tmp_path, capsys):
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name != "missing.keras":
        path.write_bytes(b"not a network")

    assert import_network(path, data) == 1

    assert str(path) in capsys.readouterr().err
    assert model_names(models) == []


def test_network_that_returns_nan_is_refused(data, models, tmp_path, capsys):
    model = network()
    model.set_weights([np.full((784, 10), np.nan), np.zeros(10)])
    model.save(tmp_path / "network.keras")

    assert import_network(tmp_path / "network.keras", data) == 1
    assert "not numbers" in capsys.readouterr().err


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
def test_saved_model_that_reaches_files_or_runs_code_is_refused(operation, data, models, tmp_path, capsys):
    file = tmp_path / "file"
    if operation == "ReadFile":
        file.write_text("secret")
    reader = Reader(str(file), operation)
    tf.saved_model.save(reader, str(tmp_path / "network"), signatures={"serving_default": reader.__call__})

    assert import_network(tmp_path / "network", data) == 1

    error = capsys.readouterr().err
    assert f"was not loaded, because it has the operation {operation}" in error
    assert operation != "WriteFile" or not file.exists()
    assert model_names(models) == []


def test_saved_model_of_tensorflow_1_is_refused(data, models, tmp_path, capsys):
    network().export(tmp_path / "network", verbose=False)
    proto = parse_saved_model(str(tmp_path / "network"))
    proto.meta_graphs[0].ClearField("object_graph_def")
    (tmp_path / "network" / "saved_model.pb").write_bytes(proto.SerializeToString())

    assert import_network(tmp_path / "network", data) == 1
    assert "Export it again with TensorFlow 2" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_network_with_code_is_refused(suffix, data, models, tmp_path, capsys):
    path = tmp_path / f"network{suffix}"
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Lambda(lambda x: x), layers.Flatten(), layers.Dense(10)])
    model.save(path)

    assert import_network(path, data) == 1
    assert "was not loaded, because it has the layer or object Lambda" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_network_with_weights_in_another_file_is_refused(data, models, tmp_path, capsys):
    network().save(tmp_path / "network.h5")
    with h5py.File(tmp_path / "network.h5", "a") as file:
        file["stolen"] = h5py.ExternalLink("/etc/passwd", "/")

    assert import_network(tmp_path / "network.h5", data) == 1
    assert "takes its weights from other files" in capsys.readouterr().err


def test_network_that_unpacks_to_too_much_is_refused(data, models, tmp_path, capsys):
    network().save(tmp_path / "network.keras")
    with zipfile.ZipFile(tmp_path / "network.keras", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more", bytes(200 * 2**20))

    assert import_network(tmp_path / "network.keras", data) == 1
    assert "more than 200 times its size" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_used_name_is_refused_and_its_model_kept(data, models, tmp_path, capsys):
    network().save(tmp_path / "network.keras")
    assert import_network(tmp_path / "network.keras", data) == 0
    before = (models / "mine" / "card.json").read_bytes()

    assert import_network(tmp_path / "network.keras", data) == 1

    assert "named mine already exists" in capsys.readouterr().err
    assert (models / "mine" / "card.json").read_bytes() == before


@pytest.mark.parametrize("name", ["", "../x", "Mine", "a b", "x" * 41])
def test_invalid_name_is_refused(name, data, tmp_path, capsys):
    with pytest.raises(SystemExit):
        import_network(tmp_path / "network.keras", data, name)
    assert "not a valid model name" in capsys.readouterr().err
