import gzip
import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image

from digitrec.cli import main
from digitrec.config import ROOT
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.models.cards import default_model
from digitrec.recognition.models.digit_model import KERAS_FILE, load_digit_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.samples import samples, strokes_to_png, vary_strokes
from digitrec.training import calibrate_lines, robustness, train_digits, train_lines
from digitrec.training.data import line_sources
from digitrec.training.train_digits import YOUR_IMAGES
from tests.support.pictures import encode_image, number_ink, on_paper, unipen_segment


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with a small mnist.npz of jittered samples, which a network learns in seconds."""
    random = np.random.default_rng(0)

    def jittered(digit):
        strokes = [
            Stroke(tuple(map(tuple, np.asarray(stroke.points) + random.normal(0, 6, (len(stroke.points), 2)))), 24)
            for stroke in samples()[digit]
        ]
        return (normalize(render(strokes, 280))[0] * 255).astype(np.uint8)

    labels = np.arange(400) % 10
    images = np.stack([jittered(digit) for digit in labels])
    folder = tmp_path_factory.mktemp("data")
    np.savez(folder / "mnist.npz", x_train=images[:300], y_train=labels[:300], x_test=images[300:], y_test=labels[300:])
    return folder


@pytest.fixture(autouse=True)
def few_negatives(monkeypatch):
    monkeypatch.setattr(robustness, "_NEGATIVES", 10)


@pytest.fixture
def models(tmp_path, setting):
    setting("MODELS", tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.full
# From inside Keras, when it copies weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_training_resumes_and_writes_a_model_to_evaluate(data, models, tmp_path, capsys):
    train = ["train", "--model", "baseline", "--data", str(data), "--runs", str(tmp_path / "runs")]

    assert main([*train, "--epochs", "1"]) == 0
    first = load_digit_model("baseline", models).card
    assert main([*train, "--epochs", "12"]) == 0
    card = load_digit_model("baseline", models).card

    assert len(first.training.curves["loss"]) == 1
    assert len(card.training.curves["loss"]) == 12
    assert card.training.curves["loss"][0] == first.training.curves["loss"][0]
    assert (models / "baseline" / KERAS_FILE).is_file()
    assert [layer.output for layer in card.layers] == [
        (28, 28, 32),
        (14, 14, 32),
        (14, 14, 32),
        (14, 14, 64),
        (7, 7, 64),
        (7, 7, 64),
        (7, 7, 128),
        (3, 3, 128),
        (3, 3, 128),
        (1152,),
        (64,),
        (64,),
        (10,),
    ]
    assert card.parameters == 167_114
    assert card.evaluations["MNIST test"].accuracy > 0.5

    path = models / "baseline" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"evaluations": {}}))
    capsys.readouterr()
    assert main(["evaluate", "--model", "baseline", "--data", str(data)]) == 0
    assert "MNIST test " in capsys.readouterr().out
    assert load_digit_model("baseline", models).card == card


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_training_with_another_seed_is_not_resumed(data, models, tmp_path, capsys):
    train = ["train", "--model", "baseline", "--data", str(data), "--runs", str(tmp_path / "runs"), "--epochs", "1"]
    assert main(train) == 0
    assert main([*train, "--seed", "5"]) == 1
    assert "started with other data or settings" in capsys.readouterr().err

    (tmp_path / "runs" / "baseline" / "state.json").write_text("{")
    assert main(train) == 1
    assert "is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--epochs", "0"], ["--epochs", "-3"], ["--seed", "-1"], ["--seed", "x"]])
def test_invalid_numbers_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        main(["train", *arguments])
    assert "is not a whole number" in capsys.readouterr().err


def test_baseline_does_not_start_from_another_model(data, models, tmp_path, capsys):
    train = ["train", "--model", "baseline", "--data", str(data), "--runs", str(tmp_path), "--epochs", "1"]
    assert main([*train, "--start", str(ROOT / "model" / "baseline")]) == 1
    assert "--start" in capsys.readouterr().err


def test_file_in_place_of_the_runs_folder_is_reported(data, models, tmp_path, capsys):
    (tmp_path / "runs").write_text("")
    assert main(["train", "--model", "baseline", "--data", str(data), "--runs", str(tmp_path / "runs")]) == 1
    assert "runs" in capsys.readouterr().err


def test_missing_data_is_reported(models, tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path)]) == 1
    assert "no mnist.npz" in capsys.readouterr().err


@pytest.fixture(scope="module")
def data_with_pens(data):
    """The same folder with pen strokes of thirty writers: two digits by each held-out writer, ten by each other."""
    random = np.random.default_rng(1)
    pens = "".join(
        unipen_segment(writer, digit, random.normal(0, 5, 2))
        for writer in range(1, 31)
        for digit in range(2 if writer in HELD_OUT_WRITERS else 10)
    )
    (data / "pendigits-orig.tra.gz").write_bytes(gzip.compress(pens.encode()))
    return data


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_everyhand_is_trained_calibrated_and_evaluated(data_with_pens, models, tmp_path, capfd):
    train = ["train", "--data", str(data_with_pens), "--runs", str(tmp_path / "runs"), "--epochs", "2"]

    assert main(train) == 0
    card = load_digit_model("everyhand", models).card
    assert {len(values) for values in card.training.curves.values()} == {2}
    assert "7 writers" not in card.training.data and "21 writers" in card.training.data
    assert {"MNIST test", "Pen strokes (held-out writers)"} <= set(card.evaluations)
    assert 0 < card.digit_threshold < 1
    assert card.size_bytes < 400_000

    # A complete training is not repeated, and one with other settings is not resumed.
    capfd.readouterr()
    assert main(train) == 0
    assert "Epoch" not in capfd.readouterr().out
    for other in ([*train[:-1], "3"], [*train, "--start", str(ROOT / "model" / "everyhand")]):
        assert main(other) == 1
        assert "started with other data or settings" in capfd.readouterr().err
    (tmp_path / "runs" / "everyhand" / "state.json").write_text("{")
    assert main(train) == 1
    assert "is damaged" in capfd.readouterr().err


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_line_model_is_trained_calibrated_and_evaluated(data_with_pens, models, tmp_path, capfd, monkeypatch):
    for module, name in ((train_lines, "LINES_PER_EPOCH"), (calibrate_lines, "VALIDATION_LINES")):
        monkeypatch.setattr(module, name, 32)
    for name in ("LINES", "_PHOTOS", "_NON_NUMBERS"):
        monkeypatch.setattr(line_sources, name, 12)
    sheet, _ = on_paper(number_ink("42", 60)[0])
    with zipfile.ZipFile(data_with_pens / "number-strings.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"{number:04}_42.png", encode_image(Image.fromarray(sheet)))
    train = ["train", "--model", "line", "--data", str(data_with_pens), "--runs", str(tmp_path / "runs")]

    assert main([*train, "--epochs", "2"]) == 1
    assert "everyhand" in capfd.readouterr().err
    shutil.copytree(ROOT / "model" / "everyhand", models / "everyhand")
    assert main([*train, "--epochs", "2"]) == 0
    card = load_line_model(models).card
    assert {len(values) for values in card.training.curves.values()} == {2}
    assert card.training.data.startswith("Training used 32 new lines in every epoch")
    assert card.evaluations[line_sources.CHECKS].lines == 4
    assert {evaluation.lines for evaluation in card.evaluations.values()} == {4, 12}
    assert set(card.false_accepts) == {"one non-digit among four digits", "three non-digits", "blank paper"}
    assert card.size_bytes < 1_000_000

    # A complete training is not repeated, and one with other settings is not resumed.
    capfd.readouterr()
    assert main([*train, "--epochs", "2"]) == 0
    assert "Epoch" not in capfd.readouterr().out
    for other in (["--epochs", "3"], ["--epochs", "2", "--start", str(ROOT / "model" / "line")]):
        assert main([*train, *other]) == 1
        assert "started with other data or settings" in capfd.readouterr().err


@pytest.mark.parametrize("model", ["everyhand", "line"])
def test_missing_pen_strokes_are_reported(model, data, models, tmp_path, capsys):
    shutil.copytree(ROOT / "model" / "everyhand", models / "everyhand")
    assert main(["train", "--model", model]) == 1
    assert "pendigits-orig.tra.gz" in capsys.readouterr().err
    assert main(["train", "--model", model, "--data", str(tmp_path)]) == 1
    assert "mnist.npz" in capsys.readouterr().err


def test_line_model_needs_undamaged_data_to_evaluate(models, tmp_path, capsys):
    for name in ("line", "everyhand"):
        shutil.copytree(ROOT / "model" / name, models / name)
    assert main(["evaluate", "--model", "line"]) == 1
    assert "--data" in capsys.readouterr().err
    assert main(["evaluate", "--model", "line", "--data", str(tmp_path)]) == 1
    assert "There is no test data in" in capsys.readouterr().err
    (tmp_path / "number-strings.zip").write_bytes(b"no zip")
    assert main(["evaluate", "--model", "line", "--data", str(tmp_path)]) == 1
    assert "is damaged" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "number-strings.zip", "w") as archive:
        archive.writestr("0003_42.png", b"used during development")
    assert main(["evaluate", "--model", "line", "--data", str(tmp_path)]) == 1
    assert "there are no numbers" in capsys.readouterr().err


def test_line_model_is_not_evaluated_on_validation_data(models, tmp_path, capsys):
    assert main(["evaluate", "--model", "line", "--validation", "--data", str(tmp_path)]) == 1
    assert "are for digit models" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["everyhand", "line"])
def test_evaluation_keeps_the_figures_of_missing_data(name, models, tmp_path, monkeypatch):
    monkeypatch.setattr(line_sources, "LINES", 3)
    for each in ("line", "everyhand"):
        shutil.copytree(ROOT / "model" / each, models / each)
    images, labels = np.full((3, 28, 28), 9, np.uint8), np.arange(3)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    before = json.loads((models / name / "card.json").read_text())

    assert main(["evaluate", "--model", name, "--data", str(tmp_path)]) == 0

    after = json.loads((models / name / "card.json").read_text())
    changed = {source for source, figures in after["evaluations"].items() if figures != before["evaluations"][source]}
    assert changed and all(source.startswith("MNIST test") for source in changed)
    assert after == before | {"evaluations": after["evaluations"]}


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_each_writer_is_held_out_once(data_with_pens, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(train_digits, "FOLDS", 2)
    arguments = ["--data", str(data_with_pens), "--runs", str(tmp_path), "--epochs", "1"]

    assert main(["folds", *arguments]) == 0

    lines = [line for line in capfd.readouterr().out.splitlines() if "writers" in line or "folds" in line]
    assert [line.split(":")[0] for line in lines] == ["15 writers", "15 writers", "mean over 2 folds", "30 writers"]


@pytest.fixture
def pictures(tmp_path):
    """A ZIP file of drawings as the app exports them, with two pictures that can't be used."""
    random = np.random.default_rng(2)
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for number in range(40):
            digit = number % 10
            archive.writestr(f"{digit}/{number:08}.png", strokes_to_png(vary_strokes(samples()[digit], random)))
        archive.writestr("unsorted/00000099.png", strokes_to_png(samples()[1]))
        archive.writestr("4/damaged.png", b"no picture")
    return tmp_path / "own.zip"


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_everyhand_is_fine_tuned_on_exported_images(data_with_pens, models, pictures, tmp_path, capfd):
    shutil.copytree(ROOT / "model" / "everyhand", models / "everyhand")
    before = (models / "everyhand" / "card.json").read_bytes()
    tune = ["train", "--data", str(data_with_pens), "--extra", str(pictures), "--runs", str(tmp_path / "runs")]

    assert main([*tune, "--name", "mine", "--epochs", "1", "--without", "unipen"]) == 0

    card = load_digit_model("mine", models).card
    assert "Accuracy of everyhand and of mine" in capfd.readouterr().out
    assert card.fine_tuned_from == "everyhand"
    assert card.evaluations[YOUR_IMAGES].digits == 8
    assert "MNIST test" in card.evaluations
    assert card.training.data.startswith("Training used 32 images")
    assert card.training.command.endswith("--extra own.zip --name mine --epochs 1 --seed 0 --without unipen")
    assert (models / "everyhand" / "card.json").read_bytes() == before
    assert card.license == load_digit_model("everyhand", models).card.license
    assert main([*tune, "--name", "everyhand"]) == 1
    assert main([*tune, "--model", "baseline"]) == 1
    assert not (models / "baseline").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no zip", "be read as a ZIP file"), (None, "No such file"), ("few", "takes at least 20 images in folders")],
)
def test_too_few_images_for_fine_tuning_are_reported(content, message, data_with_pens, models, tmp_path, capsys):
    shutil.copytree(ROOT / "model" / "everyhand", models / "everyhand")
    file = tmp_path / "own.zip"
    if content == "few":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("4/1.png", strokes_to_png(samples()[4]))
    elif content:
        file.write_bytes(content)

    assert main(["train", "--data", str(data_with_pens), "--extra", str(file)]) == 1
    assert message in capsys.readouterr().err


def test_fine_tuning_starts_only_from_everyhand(data, tmp_path, capsys):
    (tmp_path / "own.zip").touch()
    tune = ["train", "--data", str(data), "--extra", str(tmp_path / "own.zip")]
    assert main([*tune, "--start", str(ROOT / "model" / "everyhand")]) == 1
    assert "Leave out --model and --start" in capsys.readouterr().err


def test_less_accurate_model_is_not_the_default(models):
    shutil.copytree(ROOT / "model" / "everyhand", models / "everyhand")
    card = load_digit_model("everyhand", models).card.model_copy(
        update={"name": "mine", "fine_tuned_from": "everyhand"}
    )
    (models / "mine").mkdir()
    mnist = card.evaluations["MNIST test"].accuracy

    for before, default in ((mnist + 0.0004, "mine"), (mnist + 0.002, "everyhand")):
        card.model_copy(update={"accuracy_before": {"MNIST test": before}}).write(models / "mine")
        assert default_model("mine", models) == default
    assert default_model("everyhand", models) == "everyhand"
    assert default_model("missing", models) == "missing"
