import shutil

import numpy as np
import pytest

from digitrec.cli import main
from digitrec.config import ROOT, settings
from digitrec.recognition.exploration.gradients import GRADIENT_FILE, load_gradients
from digitrec.recognition.feature_maps import FEATURES_FILE, load_feature_maps
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def models(tmp_path, setting):
    shutil.copytree(settings().models / "baseline", tmp_path / "models" / "baseline")
    setting("MODELS", tmp_path / "models")
    return tmp_path / "models"


@pytest.mark.full
def test_features_command_writes_feature_maps_and_gradient(models):
    image = np.random.default_rng(0).random((28, 28), np.float32)
    before = load_feature_maps("baseline", models).compute(image)
    network = (models / "baseline" / LITERT_FILE).read_bytes()
    for file in (FEATURES_FILE, GRADIENT_FILE):
        (models / "baseline" / file).unlink()

    assert main(["features", "--model", "baseline"]) == 0

    for old, new in zip(before, load_feature_maps("baseline", models).compute(image), strict=True):
        assert new.layer == old.layer
        assert new.activations == pytest.approx(old.activations, abs=1e-4)
    assert load_gradients("baseline", models).logit_count == 10
    assert (models / "baseline" / LITERT_FILE).read_bytes() == network


@pytest.mark.slow
def test_model_without_a_digit_network_in_keras_format_is_refused(models, capsys):
    (models / "baseline" / KERAS_FILE).unlink()
    shutil.copytree(ROOT / "model" / "line", models / "line")

    assert main(["features", "--model", "baseline"]) == 1
    assert "There is no model.keras" in capsys.readouterr().err
    assert main(["features", "--model", "line"]) == 1
    assert "doesn't take images of single digits" in capsys.readouterr().err
