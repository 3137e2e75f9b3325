"""Train a network one epoch at a time, so that an interrupted training run can continue where it stopped."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from digitrec.errors import ModelBroken, TrainingMismatch
from digitrec.recognition.models.digit_model import KERAS_FILE
from digitrec.training.data.examples import Material
from digitrec.training.export_model import load_network
from digitrec.training.training_record import TrainingOptions

Curves = dict[str, list[float]]  # One value per epoch for each metric.

STATE_FILE = "state.json"
PATIENCE = 10  # Early stopping ends training after this many epochs without a lower validation loss.
RATE_PATIENCE = 5  # The learning rate is reduced after this many epochs without a lower validation loss.
RATE_FACTOR = 0.2
MIN_IMPROVEMENT = 1e-4
"""The learning rate is kept only if the validation loss falls by more than this, as in Keras's ReduceLROnPlateau."""


def train_network(
    build: Callable[[], keras.Model],
    train_epoch: Callable[[keras.Model, int], Curves],
    run: Path,
    material: Material,
    options: TrainingOptions,
    *settings: object,
) -> tuple[keras.Model, Curves]:
    """Build a network and train it on this material, see ``train_epochs``.

    ``settings`` is what else tells the training run from others in the same folder. Raises TrainingMismatch, or
    ModelError if training can't start from the model in ``options``.
    """
    keras.utils.set_random_seed(options.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if options.bfloat16 else "float32")
    try:
        network = build()
        weights = start_from(network, options.start) if options.start else None
        fingerprint = training_fingerprint(material, replace(options, start=None), weights, *settings)
        return train_epochs(network, train_epoch, run, epochs=options.epochs, fingerprint=fingerprint)
    finally:
        keras.config.set_dtype_policy("float32")


def train_epochs(
    network: keras.Model,
    train_epoch: Callable[[keras.Model, int], Curves],
    run: Path,
    *,
    epochs: int,
    fingerprint: str,
    early_stopping: bool = False,
) -> tuple[keras.Model, Curves]:
    """Train a network and return it with its curves.

    ``train_epoch`` trains the network for one epoch, given its number from 0, and returns the metrics of that epoch.
    It must compile the network if it isn't compiled yet.

    The folder ``run`` keeps the network with its optimizer after each epoch: called again with the same folder,
    training continues after the last complete epoch. ``fingerprint`` tells whether the folder belongs to this training;
    TrainingMismatch is raised if it doesn't, or if the folder is damaged.

    With ``early_stopping``, ``train_epoch`` must return a ``val_loss``. The learning rate is reduced at each plateau,
    training ends when the loss stops falling, and the network of the best epoch is returned.
    """
    run.mkdir(parents=True, exist_ok=True)
    curves = _load_curves(run, fingerprint)
    network = _load_network(run, _epochs_done(curves) - 1) if curves else network
    while (epoch := _epochs_done(curves)) < epochs and not (early_stopping and is_finished(curves)):
        measures = train_epoch(network, epoch)
        if early_stopping:
            measures = measures | {"learning_rate": [float(network.optimizer.learning_rate)]}
        curves = {name: [*curves.get(name, []), float(value)] for name, (value,) in measures.items()}
        if early_stopping:
            network.optimizer.learning_rate = reduced_rate(curves)
        _save(run, network, curves, fingerprint, {epoch, _best_epoch(curves)} if early_stopping else {epoch})
    if early_stopping:
        network = _load_network(run, _best_epoch(curves))
    return network, curves


def start_from(network: keras.Model, folder: Path) -> str:
    """Load the weights of an earlier model, with the same or fewer channels, and return their SHA-256.

    Raises ModelMissing, or ModelBroken if it is damaged or its layers don't fit.
    """
    earlier, file = load_network(folder), folder / KERAS_FILE
    try:
        _widen(earlier, network)
    except (LookupError, ValueError) as error:
        raise ModelBroken(f"Training can't start from {folder}: its layers don't fit this model.", file) from error
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _widen(narrow: keras.Model, wide: keras.Model) -> None:
    """Make a network compute the same as one that is as wide or narrower (Net2Net, Chen et al. 2016).

    Channels are repeated, and the next layer's weights for them are split at random, so that the copies learn different
    things. Layers have one input; outputs keep their size.
    """
    random = np.random.default_rng(0)
    # For each channel of a tensor of the wide network, the one of the narrow network that it repeats.
    channels = {id(narrow.inputs[0]): np.arange(wide.input_shape[-1])}
    for source, layer in zip(narrow.layers, wide.layers, strict=True):
        if isinstance(source, keras.layers.InputLayer):
            continue
        inputs = channels[id(source.input)]
        weights = [np.asarray(weight) for weight in source.get_weights()]
        kernels = [weight for weight in weights if weight.ndim > 1]
        outputs = inputs
        if kernels:
            before, after = kernels[0].shape[-1], layer.get_weights()[0].shape[-1]
            outputs = np.concatenate([np.arange(before), random.integers(before, size=after - before)])
            shares = random.uniform(0.2, 1, (len(inputs), after))
            shares /= np.stack([shares[inputs == channel].sum(0) for channel in inputs])
            kernels = [kernel[..., inputs, :][..., outputs] * shares for kernel in kernels]
        channels[id(source.output)] = outputs
        layer.set_weights([*kernels, *(weight[outputs] for weight in weights if weight.ndim == 1)])


def is_finished(curves: Curves) -> bool:
    """Return whether early stopping ends training: its best epoch is ``PATIENCE`` epochs ago."""
    return bool(curves) and _epochs_done(curves) - 1 - _best_epoch(curves) >= PATIENCE


def reduced_rate(curves: Curves) -> float:
    """Return the learning rate for the next epoch: reduced each time the validation loss reaches a plateau."""
    rate, best, wait = curves["learning_rate"][0], np.inf, 0
    for loss in curves["val_loss"]:
        wait += 1
        if loss < best - MIN_IMPROVEMENT:
            best, wait = loss, 0
        elif wait == RATE_PATIENCE:
            rate, wait = rate * RATE_FACTOR, 0
    return rate


def cosine_adamw(steps: int, peak_rate: float) -> keras.optimizers.Optimizer:
    """Return AdamW with a short linear warm-up to the peak learning rate and a cosine decay to zero."""
    warmup_steps = min(500, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=peak_rate, warmup_steps=warmup_steps)
    return keras.optimizers.AdamW(rate, weight_decay=0.01)


def training_fingerprint(*inputs: object) -> str:
    """Return a hash of the data and the settings of a training run."""
    digest = hashlib.sha256()

    def update(value: Any) -> None:
        if is_dataclass(value):
            value = [getattr(value, field.name) for field in fields(value)]
        if isinstance(value, np.ndarray):
            digest.update(value.tobytes())
        elif isinstance(value, list):
            for item in value:
                update(item)
        else:
            digest.update(f"{value!r}\n".encode())

    update(list(inputs))
    return digest.hexdigest()


def _epochs_done(curves: Curves) -> int:
    return len(curves.get("loss", []))


def _best_epoch(curves: Curves) -> int:
    return int(np.argmin(curves["val_loss"]))


def _network_file(run: Path, epoch: int) -> Path:
    return run / f"epoch-{epoch:03}.keras"


def _load_curves(run: Path, fingerprint: str) -> Curves:
    if not (run / STATE_FILE).exists():
        return {}
    with _damage_reported(run):
        state = json.loads((run / STATE_FILE).read_text())
        if state["fingerprint"] == fingerprint:
            return state["curves"]  # type: ignore[no-any-return]
    raise TrainingMismatch(
        f"The training run in {run} was started with other data or settings. "
        "Remove that folder to start over, or choose another with --runs."
    )


def _load_network(run: Path, epoch: int) -> keras.Model:
    with _damage_reported(run):
        return keras.models.load_model(_network_file(run, epoch))


@contextmanager
def _damage_reported(run: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError, BadZipFile) as error:
        raise TrainingMismatch(f"The training run in {run} is damaged. Remove that folder to start over.") from error


def _save(run: Path, network: keras.Model, curves: Curves, fingerprint: str, kept_epochs: set[int]) -> None:
    # Replacing the state is what completes an epoch: until then the state belongs to the network before.
    network.save(_network_file(run, _epochs_done(curves) - 1))
    partial = run / "state.partial"
    partial.write_text(json.dumps({"fingerprint": fingerprint, "curves": curves}))
    partial.replace(run / STATE_FILE)
    for file in set(run.glob("epoch-*.keras")) - {_network_file(run, epoch) for epoch in kept_epochs}:
        file.unlink()
