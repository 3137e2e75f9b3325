import json

import numpy as np
import pytest

from digitrec.cli import main
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.models import KERAS_FILE, load_model
from digitrec.samples import samples
from digitrec.settings import Settings


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A mnist.npz of our own drawings with jitter, small enough to learn in seconds."""
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


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    for command in ("train", "evaluate"):
        monkeypatch.setattr(f"digitrec.cli.{command}.settings", lambda: Settings(models=folder))
    return folder


# From inside Keras, when it copies weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_training_is_resumed_and_leaves_a_model_that_can_be_measured(data, models, tmp_path, capsys):
    train = ["train", "--data", str(data), "--runs", str(tmp_path / "runs")]

    assert main([*train, "--epochs", "1"]) == 0
    first = load_model("baseline", models).card
    assert main([*train, "--epochs", "12"]) == 0
    card = load_model("baseline", models).card

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
    assert main(["evaluate", "--data", str(data)]) == 0
    assert "MNIST test: " in capsys.readouterr().out
    assert load_model("baseline", models).card == card


def test_missing_data_is_said_in_a_sentence(models, tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path)]) == 1
    assert "no mnist.npz" in capsys.readouterr().err
