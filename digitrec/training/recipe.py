"""From data to a model folder: the network, its LiteRT file and its card."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import keras

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models import KERAS_FILE, LITERT_FILE, Layer, ModelCard, Training
from digitrec.training.architectures import baseline
from digitrec.training.data import MNIST_TEST, load_mnist, split
from digitrec.training.evaluate import evaluate, sure_from
from digitrec.training.export import export_litert
from digitrec.training.fit import fit

VALIDATION_SHARE = 0.2


def train_baseline(models: Path, runs: Path, data: Path | None, *, epochs: int, seed: int) -> ModelCard:
    """Train the baseline on MNIST, write its folder under ``models`` and return its card.

    Of MNIST's training digits a fifth is held back for validation. ``runs`` keeps what a cut-off training needs to
    go on; ``data`` is the folder with ``mnist.npz``, downloaded where it is None.

    Raises:
        DataMissing: the data cannot be read.
    """
    mnist, test = load_mnist(data)
    train, validation = split(mnist, VALIDATION_SHARE, seed)
    keras.utils.set_random_seed(seed)
    network = baseline()
    curves = fit(network, train, validation, runs / network.name, epochs=epochs, seed=seed)

    folder = models / network.name
    folder.mkdir(parents=True, exist_ok=True)
    # A copy has no optimizer, whose memory triples the file and serves nobody who loads a finished network.
    finished = baseline()
    finished.set_weights(network.get_weights())
    finished.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE)
    classifier = Classifier(folder / LITERT_FILE)
    threshold = sure_from(classifier, validation)
    card = ModelCard(
        name=network.name,
        description="A plain three-layer convolutional network, trained on MNIST alone.",
        licence="MIT; trained on MNIST (Yann LeCun and Corinna Cortes), which is CC BY-SA 3.0",
        layers=[
            Layer(kind=type(layer).__name__, output=layer.output.shape[1:], parameters=layer.count_params())
            for layer in network.layers
        ],
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        sure_from=threshold,
        training=Training(
            data=f"{len(train)} digits of MNIST's training set; {len(validation)} others of it chose when to stop",
            command=f"python -m digitrec train --epochs {epochs} --seed {seed}",
            seed=seed,
            date=datetime.now(UTC),
            versions={name: version(name) for name in ("keras", "tensorflow", "numpy")},
            curves=curves,
        ),
        evaluations={MNIST_TEST: evaluate(classifier, test, threshold)},
    )
    card.write(folder)
    return card
