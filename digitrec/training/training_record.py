"""The options of a training run, and what the card of a model records about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from digitrec.recognition.models.cards import DataUse, TrainingInfo


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """The options of a training run, as on the command line."""

    epochs: int
    seed: int
    bfloat16: bool = False  # Whether to calculate in bfloat16, about twice as fast on processors that support it.
    unipen: bool = True  # Whether to use UNIPEN.
    start: Path | None = None
    """The folder of a model with the same or fewer channels that training starts from, with a lower learning rate."""

    def command(self, what: str) -> str:
        """Return the command that trains ``what``, for the model's card."""
        more = " --bfloat16" * self.bfloat16 + " --without unipen" * (not self.unipen)
        more += " --start FOLDER" * (self.start is not None)
        return f"python -m digitrec train {what} --epochs {self.epochs} --seed {self.seed}{more}"


def training_record(
    data: str,
    command: str,
    seed: int | None = None,
    curves: dict[str, list[float]] | None = None,
    uses: Sequence[DataUse] = (),
) -> TrainingInfo:
    """Return how a model was trained, with the current time and the installed versions."""
    versions = {package: version(package) for package in ("keras", "tensorflow", "numpy") if find_spec(package)}
    return TrainingInfo(
        data=data,
        command=command,
        seed=seed,
        date=datetime.now(UTC),
        versions=versions,
        curves=curves or {},
        uses=list(uses),
    )
