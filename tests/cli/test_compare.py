import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from digitrec.cli import main
from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.cards import model_names
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import CANVAS_SIDE, samples


@pytest.fixture
def data(tmp_path):
    """Return a folder with a mnist.npz made of the samples, one of them labeled wrong."""
    images = np.stack([normalize(render(strokes, CANVAS_SIDE))[0] * 255 for strokes in samples().values()])
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 8], np.uint8)
    arrays = images.astype(np.uint8), labels
    np.savez(tmp_path / "mnist.npz", x_train=arrays[0], y_train=labels, x_test=arrays[0], y_test=labels)
    return tmp_path


def test_models_are_compared_in_a_table_and_a_picture(data, tmp_path, capsys):
    output = tmp_path / "table.csv"

    assert main(["compare", "--data", str(data), "--output", str(output)]) == 0

    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["Model", "MNIST", "test", "Mean", "KB", "ms/digit"]
    assert {line.split()[0] for line in lines[: lines.index("")]} == set(model_names(settings().models))
    with output.open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert float(rows["everyhand"]["MNIST test"]) == float(rows["everyhand"]["mean_accuracy"]) == 0.9
    assert int(rows["baseline"]["size_bytes"]) == (settings().models / "baseline" / "model.tflite").stat().st_size
    assert float(rows["baseline"]["milliseconds_per_digit"]) > 0
    with Image.open(tmp_path / "table.png") as picture:
        assert picture.height > 100
        assert len(picture.getcolors(2**16)) > 10


def test_only_named_models_are_compared(data, tmp_path, capsys):
    assert main(["compare", "baseline", "--data", str(data), "--output", str(tmp_path / "table.csv")]) == 0
    assert "everyhand" not in capsys.readouterr().out


def test_model_that_cannot_be_loaded_is_left_out(data, tmp_path, capsys, setting):
    shutil.copytree(settings().models / "baseline", tmp_path / "models" / "baseline")
    shutil.copytree(tmp_path / "models" / "baseline", tmp_path / "models" / "damaged")
    (tmp_path / "models" / "damaged" / LITERT_FILE).write_bytes(b"damaged")
    setting("MODELS", tmp_path / "models")
    output = tmp_path / "table.csv"

    assert main(["compare", "--data", str(data), "--output", str(output)]) == 1

    assert capsys.readouterr().err.startswith("Skipped damaged: The model file")
    with output.open() as file:
        assert [row["model"] for row in csv.DictReader(file)] == ["baseline"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("table.png", "would be overwritten by the image"),
        ("table.PNG", "would be overwritten by the image"),
        ("", "is a folder"),
        ("missing/table.csv", "missing does not exist"),
    ],
)
def test_file_that_cannot_hold_the_table_is_refused_first(output, message, data, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())

    assert main(["compare", "--data", str(data), "--output", str(tmp_path / output)]) == 1

    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_unknown_model_is_refused(data, tmp_path, capsys):
    assert main(["compare", "nobody", "--data", str(data), "--output", str(tmp_path / "table.csv")]) == 1
    assert "Available models: baseline, everyhand" in capsys.readouterr().err
