import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.exploration.gradients import GRADIENT_FILE, Gradients
from digitrec.samples import samples
from digitrec.training.gradients import export_gradient

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_gradient_matches_keras(tmp_path):
    keras.utils.set_random_seed(0)
    images = [normalize(render(samples()[digit], 280))[0] for digit in range(3)]
    entry = keras.Input((28, 28, 1))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(6, 3, strides=2, padding="same")(entry)))
    # Of 14 rows, windows of 3 leave two out.
    x = layers.MaxPooling2D(3)(layers.Conv2D(8, 3, padding="same", activation="relu")(x))
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    logits = layers.Dense(4)(x)
    outputs = {"kind": layers.Softmax()(logits), "digit": layers.Dense(10, activation="softmax", name="last")(x)}
    network = keras.Model(entry, outputs)
    weights = np.random.default_rng(0).normal(size=14).astype(np.float32)
    last = network.get_layer("last")
    linear = keras.Model(entry, [keras.ops.matmul(x, last.kernel) + last.bias, logits])

    export_gradient(network, tmp_path / GRADIENT_FILE)

    gradients = Gradients(tmp_path / GRADIENT_FILE)
    for image in images:
        batch = tf.constant(image[np.newaxis, ..., np.newaxis])
        with tf.GradientTape() as tape:
            tape.watch(batch)
            expected_logits = tf.concat(linear(batch, training=False), -1)[0]
            weighted = tf.reduce_sum(expected_logits * weights)
        expected = tape.gradient(weighted, batch).numpy()[0, ..., 0]
        found_logits, found = gradients.compute(image, weights)
        # The file has half precision.
        assert found_logits == pytest.approx(expected_logits.numpy(), abs=0.01)
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
        assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(expected), rel=0.02)
