"""Fitting a network to examples that are new in every epoch, in steps that survive being cut off."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.errors import TrainingMismatch
from digitrec.prediction import KINDS, Kind
from digitrec.training.data.digit_examples import Examples

Curves = dict[str, list[float]]

BATCH = 128
PEAK_RATE = 2e-3
KIND_WEIGHT = 0.5
"""What telling a digit from something else counts beside telling digits apart."""


def fit_fresh(
    network: keras.Model,
    epoch_of: Callable[[int], Examples],
    run: Path,
    *,
    epochs: int,
    fingerprint: str,
    peak_rate: float = PEAK_RATE,
) -> tuple[keras.Model, Curves]:
    """Train a network with the outputs ``digit`` and ``kind``, epoch n on what ``epoch_of(n)`` gives.

    It is resumed as ``fit_in_epochs`` does, and returned with its curves.

    Raises:
        RunMismatch: the folder holds a training that was begun otherwise, or is damaged.
    """

    def fit(network: keras.Model, epoch: int) -> Curves:
        examples = epoch_of(epoch)
        if epoch == 0:
            network.compile(
                optimizer(-(-len(examples) // BATCH) * epochs, peak_rate),
                {"digit": "sparse_categorical_crossentropy", "kind": "sparse_categorical_crossentropy"},
                loss_weights={"digit": 1.0, "kind": KIND_WEIGHT},
                weighted_metrics={"digit": ["accuracy"], "kind": ["accuracy"]},
            )
        is_digit = (examples.kinds == KINDS.index(Kind.DIGIT)).astype(np.float32)
        return network.fit(  # type: ignore[no-any-return]
            scale_to_unit(examples.images)[..., np.newaxis],
            {"digit": examples.labels.astype(np.int32), "kind": examples.kinds.astype(np.int32)},
            sample_weight={"digit": is_digit, "kind": np.ones_like(is_digit)},
            initial_epoch=epoch,
            epochs=epoch + 1,
            batch_size=BATCH,
            verbose=2,
        ).history

    return fit_in_epochs(network, fit, run, epochs=epochs, fingerprint=fingerprint)


def fit_in_epochs(
    network: keras.Model,
    fit: Callable[[keras.Model, int], Curves],
    run: Path,
    *,
    epochs: int,
    fingerprint: str,
) -> tuple[keras.Model, Curves]:
    """Call ``fit`` with a network and the number of each epoch; the first is to compile the network.

    After each epoch ``run`` keeps the network with its optimizer: called again with the same folder, training goes on
    from there. Returns the trained network and a curve per measure, one value an epoch.

    Raises:
        RunMismatch: the folder holds a training that was begun otherwise, or is damaged.
    """
    run.mkdir(parents=True, exist_ok=True)
    state, weights = run / "state.json", run / "network.keras"
    curves: Curves = {}
    if state.is_file():
        try:
            kept = json.loads(state.read_text())
            begun, curves = kept["fingerprint"], kept["curves"]
            network = keras.models.load_model(weights)
        except (ValueError, KeyError, OSError, BadZipFile) as error:
            raise TrainingMismatch(f"The training in {run} is damaged. Remove that folder to train anew.") from error
        if begun != fingerprint:
            raise TrainingMismatch(f"The training in {run} was begun otherwise. Remove that folder to train anew.")
    for epoch in range(len(curves.get("loss", [])), epochs):
        for name, (value,) in fit(network, epoch).items():
            curves.setdefault(name, []).append(float(value))
        # Under names of their own first: a cut while writing leaves the epoch before, one between the two repeats it.
        partial = run / "partial.keras"
        network.save(partial)
        state.with_suffix(".partial").write_text(json.dumps({"fingerprint": fingerprint, "curves": curves}))
        partial.replace(weights)
        state.with_suffix(".partial").replace(state)
    return network, curves


def optimizer(steps: int, peak_rate: float = PEAK_RATE) -> keras.optimizers.Optimizer:
    """AdamW; its learning rate is warmed up to the peak over a few steps and let down along a cosine to nothing."""
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=peak_rate, warmup_steps=min(500, steps // 10)
    )
    return keras.optimizers.AdamW(rate, weight_decay=0.01)


def fingerprint_of(scanned: Digits, pens: Sequence[PenDigit], *choices: object) -> str:
    """What tells one training from another: its data, and the choices made for it."""
    content = hashlib.sha256(scanned.images.tobytes() + scanned.labels.tobytes())
    content.update(repr((pens, choices)).encode())
    return content.hexdigest()
