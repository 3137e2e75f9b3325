"""How a model was trained, as its card records it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec

from digitrec.recognition.models.cards import DataUse, TrainingInfo


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
