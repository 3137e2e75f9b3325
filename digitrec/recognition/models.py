"""The models in the model folder, and the card each one carries."""

import math
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from digitrec.errors import ModelBroken, ModelError, ModelMissing
from digitrec.recognition.classifier import Classifier
from digitrec.settings import LINE

KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
CARD_FILE = "card.json"


class Layer(BaseModel):
    """One layer of a network: what it is, and the shape (height, width, channels) it puts out."""

    kind: str
    output: tuple[int, ...]
    parameters: int


class Bin(BaseModel):
    """The digits that were read with a confidence within one bin."""

    digits: int
    confidence: float
    """Their average confidence."""
    accuracy: float


class Evaluation(BaseModel):
    """How well a model reads one source of digits, all figures measured on the LiteRT file."""

    digits: int
    accuracy: float
    per_digit: list[float | None]
    """The recall of each digit 0 to 9, None for a digit the source does not have."""
    confusion: list[list[int]]
    """Counts (10, 10): row = what it is, column = what was read."""
    sure: float
    """The share of digits read with the verdict *digit*."""
    sure_accuracy: float | None
    """The accuracy among those, None where there are none."""
    refused: float
    """The share of digits refused with the verdict *not a digit*."""
    calibration_error: float
    """The expected calibration error over ``reliability``, 0 to 1 (Guo et al. 2017)."""
    reliability: list[Bin]
    """The bins of confidence, a fifteenth each, that hold digits."""


class Training(BaseModel):
    """How a model came to be, as far as its maker told."""

    data: str
    command: str
    seed: int | None
    date: datetime
    versions: dict[str, str]
    curves: dict[str, list[float]]
    """One value an epoch for each measure; none for a model trained elsewhere."""


class Card(BaseModel):
    """What is to be known about any model before it is trusted."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    description: str
    licence: str
    layers: list[Layer]
    parameters: int
    size_bytes: int
    """The size of the LiteRT file."""
    sure_from: float
    """The confidence from which an answer counts as sure; what is below is *unsure*."""
    training: Training

    def write(self, folder: Path) -> None:
        """Write the card into its model's folder."""
        (folder / CARD_FILE).write_text(self.model_dump_json(indent=1) + "\n")


AnyCard = TypeVar("AnyCard", bound=Card)


class ModelCard(Card):
    """What is to be known about a model of digits."""

    digit_from: float = 0.0
    """The probability of being a digit below which a picture is *not a digit*; 0 refuses nothing."""
    evaluations: dict[str, Evaluation] = {}
    """By the name of the source."""
    robustness: dict[str, dict[str, float]] = {}
    """The accuracy on pen digits drawn otherwise: by what was changed, and to what."""
    refusals: dict[str, float] = {}
    """The share of what is no digit that was refused, by kind; no such thing was trained on."""

    tuned_from: str | None = None
    """The model it was trained further from, where it was."""
    accuracy_before: dict[str, float] = {}
    """The accuracy of that model, by the name of the source."""

    @property
    def losses(self) -> dict[str, tuple[float, float]]:
        """The sources it reads worse than the model it was trained further from: accuracy before and now.

        Worse is what is lower by more than one standard error of the accuracy before.
        """
        pairs = {
            source: (before, self.evaluations[source])
            for source, before in self.accuracy_before.items()
            if source in self.evaluations
        }
        return {
            source: (before, now.accuracy)
            for source, (before, now) in pairs.items()
            if before - now.accuracy > math.sqrt(before * (1 - before) / now.digits)
        }


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model."""

    card: ModelCard
    classifier: Classifier
    version: str
    """What tells its LiteRT file from every other: the beginning of its SHA-256."""


def load_model(name: str, models: Path) -> Model:
    """Load the model ``name`` from the folder ``models``.

    Raises:
        ModelMissing: its LiteRT file or its card is not there.
        ModelBroken: one of them cannot be used.
    """
    path = models / name / LITERT_FILE
    return Model(read_card(name, models), Classifier(path), sha256(path.read_bytes()).hexdigest()[:12])


def default_model(chosen: str, models: Path) -> str:
    """The model that reads unless somebody chooses another: ``chosen``, or what it was tuned from if it got worse."""
    try:
        card = read_card(chosen, models)
    except ModelError:
        # Whoever loads it says what is wrong with it.
        return chosen
    return card.tuned_from if card.tuned_from and card.losses else chosen


def model_names(models: Path) -> list[str]:
    """The names of the models of digits in the folder ``models``, those with a card, sorted."""
    return sorted({path.parent.name for path in models.glob(f"*/{CARD_FILE}")} - {LINE})


def read_card(name: str, models: Path) -> ModelCard:
    """The card of the model ``name`` in the folder ``models``.

    Raises:
        ModelMissing: there is no card.
        ModelBroken: the card cannot be read.
    """
    return card_of(ModelCard, name, models)


def card_of(kind: type[AnyCard], name: str, models: Path) -> AnyCard:
    """The card of the model ``name`` in the folder ``models``, a card of this kind.

    Raises:
        ModelMissing: there is no card.
        ModelBroken: the card cannot be read.
    """
    path = models / name / CARD_FILE
    if not path.is_file():
        there_are = ", ".join(model_names(models)) or "none"
        raise ModelMissing(f"The model card {path} is missing. Models there are: {there_are}.", path)
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise ModelBroken(f"The model card {path} is damaged: {reason}.", path) from error
