"""Only what the command adds; the models that it imports are tested in ``tests/training/imported``."""

import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import pytest

from digitrec.cli import main
from digitrec.config import ROOT
from digitrec.errors import ModelBroken
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.cards import model_names
from digitrec.recognition.models.digit_model import LITERT_FILE, load_digit_model
from digitrec.training.imported.import_model import Request, import_model
from tests.support.foreign_models import Foreign, build, huge_keras_file, varied_samples
from tests.support.pictures import drawing_png
from tests.support.processes import children
from tests.support.without_tensorflow import without_tensorflow

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def models(tmp_path, setting):
    setting("MODELS", tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder with a mnist.npz made of the samples."""
    folder, digits = tmp_path_factory.mktemp("data"), varied_samples(1)
    arrays = {"x_train": digits.images, "y_train": digits.labels, "x_test": digits.images, "y_test": digits.labels}
    np.savez(folder / "mnist.npz", **arrays)
    return folder


def import_network(path, data, name="mine", *more):
    return main(["import", str(path), "--name", name, "--data", str(data), *more])


@pytest.mark.full
def test_imported_model_is_evaluated_and_recognizes_digits(data, models, tmp_path, capfd):
    path = build(Foreign(".keras", (28, 28), scale="0 to 255", colors="black on white"), tmp_path)

    assert import_network(path, data) == 0

    output = capfd.readouterr().out
    assert "Imported mine to" in output
    assert "Input: 0 to 255, black on white, resized. Output: probabilities." in output
    assert model_names(models) == ["mine"]
    imported = load_digit_model("mine", models)
    assert imported.card.parameters == 7850
    assert imported.card.evaluations["MNIST test"].accuracy > 0.85
    prediction = DigitRecognizer(imported).recognize(drawing_png(3), InputMethod.CANVAS)
    assert (prediction.label, prediction.model) == ("3", "mine")

    before = (models / "mine" / "card.json").read_bytes()
    assert import_network(path, data) == 1
    assert "named mine already exists" in capfd.readouterr().err
    assert (models / "mine" / "card.json").read_bytes() == before


def test_model_is_named_after_its_file_by_default(data, models, tmp_path, capsys):
    (models / "my-cnn_2").mkdir(parents=True)
    for name, message in (
        ("My CNN_2.keras", "A model named my-cnn_2 already exists"),
        ("модель.keras", "neither a letter from a to z nor a digit. Use --name."),
    ):
        (tmp_path / name).touch()
        assert main(["import", str(tmp_path / name), "--data", str(data)]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.slow
def test_refused_model_leaves_nothing(data, models, tmp_path, capsys):
    (tmp_path / "network.h5").write_bytes(b"not a network")

    assert import_network(tmp_path / "network.h5", data) == 1

    assert "network.h5 is not a .keras, .h5, .tflite or .onnx file or a SavedModel" in capsys.readouterr().err
    assert model_names(models) == []


@pytest.mark.slow
def test_unexpected_failure_is_reported_as_a_damaged_file(data, models, tmp_path, capsys):
    with h5py.File(tmp_path / "network.h5", "w") as file:
        file.attrs["model_config"] = 5

    assert import_network(tmp_path / "network.h5", data) == 1

    reported = capsys.readouterr().err
    assert "network.h5 is damaged or of an unsupported kind: importing it failed with TypeError." in reported
    assert model_names(models) == []


@pytest.fixture
def request_of_baseline(data, tmp_path, monkeypatch):
    """A request to import a LiteRT file. Temporary files go to a folder of the test."""
    path = tmp_path / "model.tflite"
    shutil.copy(ROOT / "model" / "baseline" / LITERT_FILE, path)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Request(path, "mine", data, "import")


def test_import_that_takes_too_long_is_stopped(request_of_baseline, models, tmp_path):
    with pytest.raises(ModelBroken, match=r"model.tflite couldn't be imported: it took more than 0 minutes\.$"):
        import_model(request_of_baseline, models, lambda stage: None, seconds=0)

    assert not list(models.iterdir())
    assert not list((tmp_path / "temporary").iterdir())


def kill_worker(stage):
    for process in children("digitrec.training.imported.worker"):
        process.kill()


@pytest.mark.slow
def test_killed_import_is_reported_and_leaves_nothing(request_of_baseline, models, tmp_path):
    with pytest.raises(ModelBroken, match=r"model.tflite couldn't be imported: its process was killed\. The machine"):
        import_model(request_of_baseline, models, kill_worker)

    assert not list(models.iterdir())
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.slow
def test_incomplete_model_is_not_offered(request_of_baseline, models):
    def progress(stage):
        if stage == "Evaluating":
            [incomplete] = models.iterdir()
            assert (incomplete / "mine" / LITERT_FILE).is_file()
            assert (incomplete / "mine" / "card.json").is_file()
            assert model_names(models) == []
            kill_worker(stage)

    with pytest.raises(ModelBroken, match="its process was killed"):
        import_model(request_of_baseline, models, progress)


@pytest.mark.slow
def test_name_that_is_taken_meanwhile_is_refused(request_of_baseline, models):
    def progress(stage):
        if stage == "Evaluating":
            (models / "mine").mkdir()
            (models / "mine" / "notes.txt").write_text("mine")

    with pytest.raises(ModelBroken, match=r"A model named mine already exists\. Use another name\."):
        import_model(request_of_baseline, models, progress)

    assert model_names(models) == []
    assert (models / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits the memory of a process.")
def test_model_that_takes_too_much_memory_is_refused(data, models, tmp_path, capfd):
    assert import_network(huge_keras_file(tmp_path), data) == 1

    assert "model.keras takes more than 8 GB of memory" in capfd.readouterr().err
    assert model_names(models) == []


@pytest.mark.full
@pytest.mark.parametrize("kind", [".keras", ".onnx"])
def test_environment_without_tensorflow_says_what_to_install(kind, data, models, tmp_path):
    path = build(Foreign(kind), tmp_path)
    command = [sys.executable, "-m", "digitrec", "import", str(path), "--name", "mine", "--data", str(data)]
    environment = os.environ | without_tensorflow(tmp_path) | {"DIGITREC_MODELS": str(models)}

    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == "pip install -r requirements.txt"
    assert "Traceback" not in process.stderr
    assert model_names(models) == []


@pytest.mark.parametrize("name", ["", "../x", "Mine", "a b", "x" * 41])
def test_invalid_name_is_refused(name, data, tmp_path, capsys):
    (tmp_path / "network.keras").touch()
    with pytest.raises(SystemExit):
        import_network(tmp_path / "network.keras", data, name)
    assert "not a valid model name" in capsys.readouterr().err
