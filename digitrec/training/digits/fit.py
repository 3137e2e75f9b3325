"""Fit the networks that read single digits."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.prediction import KINDS, Kind
from digitrec.training.data.digit_examples import Examples
from digitrec.training.trainer import Curves, cosine_adamw, train_epochs

BATCH = 128
KIND_WEIGHT = 0.5
"""The weight of the kind's loss; the digit's loss has weight 1."""


def fit_baseline(
    network: keras.Model, train: Digits, validation: Digits, run: Path, *, epochs: int, fingerprint: str
) -> tuple[keras.Model, Curves]:
    """Train a network on the same digits in every epoch until the validation loss stops falling.

    Raises:
        TrainingMismatch: ``run`` holds another training, or is damaged.
    """
    inputs, labels = _inputs(train.images), train.labels.astype(np.int32)
    validation_data = _inputs(validation.images), validation.labels.astype(np.int32)

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        if not network.compiled:
            network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return network.fit(  # type: ignore[no-any-return]
            inputs,
            labels,
            validation_data=validation_data,
            initial_epoch=epoch,
            epochs=epoch + 1,
            batch_size=BATCH,
            verbose=2,
        ).history

    return train_epochs(network, train_epoch, run, epochs=epochs, fingerprint=fingerprint, early_stopping=True)


def fit_everyhand(
    network: keras.Model,
    make_epoch: Callable[[int], Examples],
    run: Path,
    *,
    epochs: int,
    fingerprint: str,
    peak_rate: float = 2e-3,
) -> tuple[keras.Model, Curves]:
    """Train a network with the outputs ``digit`` and ``kind``, epoch n on the examples ``make_epoch(n)``.

    Raises:
        TrainingMismatch: ``run`` holds another training, or is damaged.
    """

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        examples = make_epoch(epoch)
        if not network.compiled:
            network.compile(
                cosine_adamw(-(-len(examples) // BATCH) * epochs, peak_rate),
                {"digit": "sparse_categorical_crossentropy", "kind": "sparse_categorical_crossentropy"},
                loss_weights={"digit": 1.0, "kind": KIND_WEIGHT},
                weighted_metrics={"digit": ["accuracy"], "kind": ["accuracy"]},
            )
        is_digit = (examples.kinds == KINDS.index(Kind.DIGIT)).astype(np.float32)
        return network.fit(  # type: ignore[no-any-return]
            _inputs(examples.images),
            {"digit": examples.labels.astype(np.int32), "kind": examples.kinds.astype(np.int32)},
            sample_weight={"digit": is_digit, "kind": np.ones_like(is_digit)},
            initial_epoch=epoch,
            epochs=epoch + 1,
            batch_size=BATCH,
            verbose=2,
        ).history

    return train_epochs(network, train_epoch, run, epochs=epochs, fingerprint=fingerprint)


def _inputs(images: np.ndarray) -> np.ndarray:
    return scale_to_unit(images)[..., np.newaxis]
