"""Fitting a network to data, in steps that survive being cut off."""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.errors import TrainingMismatch

BATCH = 128
PATIENCE = 10


class Resume(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps between runs what ``BackupAndRestore`` does not: the callbacks' memory and the curves.

    Early stopping, the learning-rate plateau and the best checkpoint would otherwise start anew after every cut.
    """

    ATTRIBUTES = ("best", "wait", "cooldown_counter")

    def __init__(self, path: Path, fingerprint: str, callbacks: list[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.path = path
        self.fingerprint = fingerprint
        self.callbacks = callbacks
        self.curves: dict[str, list[float]] = {}
        self.memory: dict[str, dict[str, float]] = {}
        if path.is_file():
            self._load()

    def _load(self) -> None:
        try:
            kept = json.loads(self.path.read_text())
            fingerprint, self.curves, self.memory = kept["fingerprint"], kept["curves"], kept["callbacks"]
        except (ValueError, KeyError) as error:
            raise TrainingMismatch(f"{self.path} is damaged. Remove its folder to train anew.") from error
        if fingerprint != self.fingerprint:
            raise TrainingMismatch(
                f"The training in {self.path.parent} was begun with another seed or on other data. "
                "Remove that folder to train anew, or choose another with --runs."
            )

    @property
    def finished(self) -> bool:
        """Whether early stopping has ended the training that was kept."""
        return self.memory.get("EarlyStopping", {}).get("wait", 0) >= PATIENCE

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        for callback in self.callbacks:
            vars(callback).update(self.memory.get(type(callback).__name__, {}))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.curves[name] = [*self.curves.get(name, [])[:epoch], float(value)]
        self.memory = {
            type(callback).__name__: {
                name: float(vars(callback)[name]) for name in self.ATTRIBUTES if name in vars(callback)
            }
            for callback in self.callbacks
        }
        partial = self.path.with_suffix(".partial")
        partial.write_text(
            json.dumps({"fingerprint": self.fingerprint, "curves": self.curves, "callbacks": self.memory})
        )
        partial.replace(self.path)


def fit(
    network: keras.Model, train: Digits, validation: Digits, run: Path, *, epochs: int, seed: int
) -> dict[str, list[float]]:
    """Train a network until its validation loss stops falling, and leave it with its best weights.

    ``run`` is the folder that makes a cut-off training resumable: called again with the same folder, training goes
    on after the last finished epoch. Returns a curve per measure, one value an epoch.

    Raises:
        RunMismatch: the folder holds a training with another seed or on other data.
    """
    run.mkdir(parents=True, exist_ok=True)
    fingerprint = hashlib.sha256(str(seed).encode())
    for digits in (train, validation):
        fingerprint.update(digits.images.tobytes() + digits.labels.tobytes())
    best_weights = run / "best.weights.h5"
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    watchers = [
        keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, verbose=1),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.2, patience=5, verbose=1),
        keras.callbacks.ModelCheckpoint(best_weights, "val_loss", save_best_only=True, save_weights_only=True),
    ]
    resume = Resume(run / "state.json", fingerprint.hexdigest(), watchers)
    # The backup comes first: should a cut fall between the two, the epoch it holds is the one `resume` cuts back to.
    backup = keras.callbacks.BackupAndRestore(run / "backup", delete_checkpoint=False)
    if not resume.finished:
        network.fit(
            scale_to_unit(train.images)[..., np.newaxis],
            train.labels.astype(np.int32),
            validation_data=(scale_to_unit(validation.images)[..., np.newaxis], validation.labels.astype(np.int32)),
            epochs=epochs,
            batch_size=BATCH,
            callbacks=[*watchers, backup, resume],
        )
    network.load_weights(best_weights)
    return resume.curves
