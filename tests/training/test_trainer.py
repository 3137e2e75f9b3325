import keras
import numpy as np
import pytest

from digitrec.config import BASELINE, settings
from digitrec.datasets.digits import NO_DIGITS, Digits
from digitrec.datasets.handwriting import Writing
from digitrec.errors import ModelBroken, ModelMissing, TrainingMismatch
from digitrec.recognition.models.cards import read_card
from digitrec.recognition.models.digit_model import KERAS_FILE
from digitrec.training.data.examples import Material
from digitrec.training.trainer import (
    PATIENCE,
    is_finished,
    reduced_rate,
    start_from,
    train_epochs,
    training_fingerprint,
)

# From inside Keras, when it copies weights.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def network():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def train_epoch(network, epoch):
    if not network.compiled:
        network.compile("adam", "mse")
    inputs = np.eye(2, dtype=np.float32)
    return network.fit(inputs, inputs[:, :1], epochs=1, verbose=0, shuffle=False).history


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("early_stopping", [pytest.param(False, marks=pytest.mark.full), True])
def test_interrupted_training_continues_as_if_never_interrupted(early_stopping, tmp_path, monkeypatch):
    def train(run, epoch=train_epoch):
        keras.utils.set_random_seed(0)
        return train_epochs(network(), epoch, run, epochs=8, fingerprint="a", early_stopping=early_stopping)

    if early_stopping:
        monkeypatch.setattr("digitrec.training.trainer.RATE_PATIENCE", 2)

    def with_validation(network, epoch):
        measures = train_epoch(network, epoch)
        return measures | {"val_loss": [1.0 if epoch < 5 else 0.5]}

    def interrupted_at(number):
        def epoch(network, epoch):
            if epoch == number:
                raise Interrupted
            return with_validation(network, epoch)

        return epoch

    expected, expected_curves = train(tmp_path / "whole", with_validation)
    for number in (1, 4, 7):
        with pytest.raises(Interrupted):
            train(tmp_path / "interrupted", interrupted_at(number))
    trained, curves = train(tmp_path / "interrupted", with_validation)

    assert curves == expected_curves
    for weights, expected_weights in zip(trained.get_weights(), expected.get_weights(), strict=True):
        assert np.array_equal(weights, expected_weights)
    assert len(list((tmp_path / "interrupted").glob("epoch-*.keras"))) == 1 + early_stopping


@pytest.mark.full
def test_interruption_while_saving_repeats_the_epoch(tmp_path, monkeypatch):
    def save_half(path):
        path.write_bytes(b"half a network")
        raise Interrupted

    train_epochs(network(), train_epoch, tmp_path, epochs=2, fingerprint="a")
    interrupted = keras.models.load_model(tmp_path / "epoch-001.keras")
    monkeypatch.setattr(keras.Sequential, "save", lambda self, path: save_half(path))
    with pytest.raises(Interrupted):
        train_epochs(interrupted, train_epoch, tmp_path, epochs=4, fingerprint="a")
    monkeypatch.undo()

    _, curves = train_epochs(network(), train_epoch, tmp_path, epochs=4, fingerprint="a")

    assert len(curves["loss"]) == 4


@pytest.mark.full
def test_early_stopping_returns_the_best_epoch(tmp_path):
    weights = []

    def best_at_2(network, epoch):
        measures = train_epoch(network, epoch)
        weights.append(network.get_weights())
        return measures | {"val_loss": [abs(epoch - 2) + 1.0]}

    trained, curves = train_epochs(network(), best_at_2, tmp_path, epochs=100, fingerprint="a", early_stopping=True)

    assert len(curves["loss"]) == 3 + PATIENCE
    assert np.array_equal(trained.get_weights()[0], weights[2][0])


def test_schedule_matches_the_published_baseline():
    # Keras's own EarlyStopping and ReduceLROnPlateau produced these curves.
    curves = read_card(BASELINE, settings().models).training.curves
    until = [{name: values[:epoch] for name, values in curves.items()} for epoch in range(1, len(curves["loss"]) + 1)]

    assert [reduced_rate(part) for part in until[:-1]] == pytest.approx(curves["learning_rate"][1:])
    assert [is_finished(part) for part in until] == [False] * (len(until) - 1) + [True]


def test_other_or_damaged_training_is_refused(tmp_path):
    train_epochs(network(), train_epoch, tmp_path, epochs=1, fingerprint="a")

    with pytest.raises(TrainingMismatch, match="other data or settings"):
        train_epochs(network(), train_epoch, tmp_path, epochs=2, fingerprint="b")
    (tmp_path / "epoch-000.keras").write_bytes(b"damaged")
    with pytest.raises(TrainingMismatch, match="is damaged"):
        train_epochs(network(), train_epoch, tmp_path, epochs=2, fingerprint="a")


def test_fingerprint_covers_everything_that_examples_are_made_of():
    def fingerprint(**material):
        return training_fingerprint(Material(NO_DIGITS, [], **material), 1)

    line = [np.array([[0.0, 0.0], [1.0, 2.0]])]
    assert fingerprint(letters=[line]) == fingerprint(letters=[[line[0].copy()]])
    numbers = [Writing("1", "a", line)]
    others = [{}, {"letters": [line]}, {"letters": [[2 * line[0]]]}, {"numbers": numbers}]
    others.append({"not_digits": Digits(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))})
    assert len({fingerprint(**material) for material in others}) == len(others)


def test_training_starts_from_the_weights_of_an_earlier_model(tmp_path):
    earlier, later = network(), network()
    with pytest.raises(ModelMissing, match=r"There is no model\.keras"):
        start_from(later, tmp_path)
    (tmp_path / KERAS_FILE).write_bytes(b"damaged")
    with pytest.raises(ModelBroken, match=r"model\.keras is damaged"):
        start_from(later, tmp_path)
    earlier.save(tmp_path / KERAS_FILE)

    start_from(later, tmp_path)

    assert np.array_equal(later.get_weights()[0], earlier.get_weights()[0])


@pytest.mark.parametrize("channels", [(4, 2), (4, 5), (9, 2), (9, 5)])
def test_training_starts_from_a_narrower_model(channels, tmp_path):
    def two_outputs(first, second):
        inputs = x = keras.Input((9, 9, 1))
        x = keras.layers.BatchNormalization()(keras.layers.Conv2D(first, 3, activation="relu")(x))
        x = keras.layers.Flatten()(keras.layers.Conv2D(second, 7, activation="relu")(x))
        return keras.Model(inputs, [keras.layers.Dense(3)(x), keras.layers.Dense(2)(x)])

    keras.utils.set_random_seed(0)
    earlier, later = two_outputs(4, 2), two_outputs(*channels)
    earlier.save(tmp_path / KERAS_FILE)

    start_from(later, tmp_path)

    images = np.random.default_rng(0).random((4, 9, 9, 1))
    for output, expected in zip(later.predict(images, verbose=0), earlier.predict(images, verbose=0), strict=True):
        assert output == pytest.approx(expected, abs=1e-5)
    # The next layer uses each copy of a channel differently.
    kernel = later.layers[3].get_weights()[0].reshape(-1, *channels)
    assert len(np.unique(kernel, axis=1)[0]) == channels[0]


def test_training_does_not_start_from_a_model_that_does_not_fit(tmp_path):
    for layers in ([keras.layers.Dense(3)], [keras.layers.Dense(1), keras.layers.Dense(1)]):
        keras.Sequential([keras.Input((2,)), *layers]).save(tmp_path / KERAS_FILE)

        with pytest.raises(ModelBroken, match="don't fit"):
            start_from(network(), tmp_path)
