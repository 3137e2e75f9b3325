import keras
import numpy as np
import pytest
from keras import layers

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.feature_maps import FEATURES_FILE, FeatureMaps, load_feature_maps
from digitrec.recognition.models.digit_model import KERAS_FILE
from digitrec.samples import samples
from digitrec.training.export_model import export_feature_maps

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def images():
    return [normalize(render(strokes, 280))[0] for strokes in samples().values()]


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("baseline", [(28, 28, 32), (14, 14, 64), (7, 7, 128)]),
        ("everyhand", [(28, 28, 24), (14, 14, 24), *2 * [(14, 14, 48)], (7, 7, 48), *3 * [(7, 7, 96)]]),
    ],
)
def test_feature_maps_match_keras_after_each_activation(name, shapes, images):
    network = keras.models.load_model(settings().models / name / KERAS_FILE, compile=False)
    # Find the layers by their type, unlike the export does.
    last = layers.Conv2D if name == "baseline" else layers.ReLU
    inner = keras.Model(network.inputs, [layer.output for layer in network.layers if isinstance(layer, last)])

    found = [load_feature_maps(name, settings().models).compute(image) for image in images]

    assert [(map_.layer, map_.activations.shape) for map_ in found[0]] == [
        (f"Convolution {number}", shape) for number, shape in enumerate(shapes, 1)
    ]
    for position, expected in enumerate(inner.predict(np.stack(images)[..., np.newaxis], verbose=0)):
        activations = np.stack([maps[position].activations for maps in found])
        assert activations.min() == 0
        # The weights are quantized to 8 bits.
        assert np.abs(activations - expected).max() < 0.06 * expected.max()
        assert np.corrcoef(activations.ravel(), expected.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("name", ["baseline", "everyhand"])
def test_embeddings_match_the_input_of_the_last_layer_in_keras(name, images):
    network = keras.models.load_model(settings().models / name / KERAS_FILE, compile=False)
    inner = keras.Model(
        network.inputs, [layer for layer in network.layers if isinstance(layer, layers.Dense)][-1].input
    )

    found = load_feature_maps(name, settings().models).embed(np.stack(images))

    expected = inner.predict(np.stack(images)[..., np.newaxis], verbose=0)
    assert found.shape == expected.shape
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999


@pytest.mark.full
def test_every_order_of_layers_is_supported(images, tmp_path):
    entry = keras.Input((28, 28, 1))
    x = layers.Conv2D(2, 3)(entry)
    first = layers.LeakyReLU()(layers.BatchNormalization()(x))
    second = layers.DepthwiseConv2D(3, activation="relu")(first)
    third = layers.Conv2D(3, 1)(layers.BatchNormalization()(second))
    network = keras.Model(entry, layers.Dense(10, activation="softmax")(layers.Flatten()(third)))

    assert export_feature_maps(network, tmp_path / FEATURES_FILE)

    expected = keras.Model(entry, [first, second, third]).predict(images[3][np.newaxis, ..., np.newaxis], verbose=0)
    for map_, its in zip(FeatureMaps(tmp_path / FEATURES_FILE).compute(images[3]), expected, strict=True):
        assert map_.activations == pytest.approx(its[0], abs=0.02)
