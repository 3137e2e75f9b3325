import keras
import numpy as np
import pytest
from keras import layers

from digitrec.recognition.feature_maps import FeatureMaps
from digitrec.recognition.imported.conventions import Conventions, prepare
from digitrec.recognition.imported.image_input import image_input
from digitrec.training.imported.formats import Format
from digitrec.training.imported.keras_file import load_keras_file, write_feature_maps
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
