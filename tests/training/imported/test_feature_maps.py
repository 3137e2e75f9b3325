import keras
import numpy as np
import pytest
from keras import layers

from digitrec.recognition.feature_maps import FeatureMaps, load_feature_maps
from digitrec.recognition.imported.conventions import Conventions, prepare
from digitrec.recognition.imported.image_input import image_input
from digitrec.training.imported.formats import Format
from digitrec.training.imported.import_model import Request
from digitrec.training.imported.keras_file import load_keras_file, write_feature_maps
from digitrec.training.imported.worker import convert_model
from tests.support.foreign_models import varied_samples

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.parametrize(
    ("shape", "scale", "colors", "fit"),
    [
        ((28, 28, 1), "columns of length 1", "white on black", "resized"),
        ((32, 32, 3), "mean 0, standard deviation 1", "black on white", "padded"),
        ((56, 32, 4), "0 to 1", "black on transparent", "letterboxed"),
    ],
)
def test_feature_maps_are_of_the_same_pictures_as_predictions(shape, scale, colors, fit, tmp_path):
    network = keras.Sequential([keras.Input(shape), layers.Conv2D(shape[2], 1), layers.Flatten(), layers.Dense(10)])
    network.layers[0].set_weights([np.eye(shape[2])[np.newaxis, np.newaxis], np.zeros(shape[2])])
    network.save(tmp_path / "network.keras")
    chosen = Conventions(
        scale=scale, colors=colors, fit=fit, output="", values="logits", classes=tuple(range(10)), accuracy=1
    )
    taken = image_input((-1, *shape), np.dtype(np.float32))
    image = varied_samples().images[0].astype(np.float32) / 255

    loaded = load_keras_file(tmp_path / "network.keras", Format.KERAS, trusted=False)
    write_feature_maps(loaded, chosen, taken, tmp_path / "features.tflite")

    (feature_map,) = FeatureMaps(tmp_path / "features.tflite").compute(image)
    expected = prepare(image[np.newaxis], taken, chosen.scale, chosen.colors, chosen.fit)[0]
    np.testing.assert_allclose(feature_map.activations, expected, atol=0.03)


@pytest.mark.parametrize("precision", ["float32", pytest.param("mixed_float16", marks=pytest.mark.full)])
def test_network_with_convolutions_gets_feature_maps(precision, tmp_path):
    fitted = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(3, 5, use_bias=False, dtype=precision),
            layers.ReLU(dtype=precision),
            layers.Flatten(),
            layers.Dense(10, dtype=precision),
        ]
    )
    digits, folder = varied_samples(1), tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    _fit_last_layer(fitted, digits)
    fitted.save(tmp_path / "network.keras")

    request = Request(tmp_path / "network.keras", "mine", tmp_path, "")
    card = convert_model(request, folder, digits, digits, lambda stage: None)

    assert card.conventions.accuracy > 0.85
    (feature_map,) = load_feature_maps("mine", folder.parent).compute(np.ones((28, 28), np.float32))
    assert (feature_map.layer, feature_map.activations.shape) == ("Convolution 1", (28, 28, 3))


def _fit_last_layer(network, digits):
    pictures = np.repeat(np.pad(digits.images / 255, ((0, 0), (2, 2), (2, 2)))[..., None], 3, 3).astype(np.float32)
    features = keras.Model(network.inputs, network.layers[-2].output).predict(pictures, verbose=0).astype(np.float64)
    kernel = features @ features.T + 10 * np.eye(len(features))
    weights = features.T @ np.linalg.solve(kernel, np.eye(10)[digits.labels] - 0.1) * 12
    network.layers[-1].set_weights([weights, np.zeros(10)])
