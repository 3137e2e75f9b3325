"""The models in the model folder, and the card each one carries."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from digitrec.config import LINE
from digitrec.errors import ModelBroken, ModelMissing

CARD_FILE = "card.json"

_OLD_FIELD_NAMES = {
    "licence": "license",
    "sure_from": "confidence_threshold",
    "digit_from": "digit_threshold",
    "number_from": "number_threshold",
    "weight_of_digits": "digit_weight",
    "tuned_from": "fine_tuned_from",
    "sure": "confident",
    "sure_accuracy": "confident_accuracy",
    "sure_exact": "confident_exact_match",
    "exact": "exact_match",
    "digit_errors": "character_error_rate",
    "untold": "false_accepts",
}
"""Cards written before 0.2 use these names; they are still read."""


class _CardPart(BaseModel):
    """A part of a card that also accepts the field names of earlier versions."""

    model_config = ConfigDict(protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _accept_old_names(cls, values: Any) -> Any:
        return (
            {_OLD_FIELD_NAMES.get(name, name): value for name, value in values.items()}
            if isinstance(values, dict)
            else values
        )


class Layer(BaseModel):
    """One layer of a network: what it is, and the shape (height, width, channels) it puts out."""

    kind: str
    output: tuple[int, ...]
    parameters: int


class ReliabilityBin(BaseModel):
    """The digits that were read with a confidence within one bin."""

    digits: int
    confidence: float
    """Their average confidence."""
    accuracy: float


class Evaluation(_CardPart):
    """How well a model reads one source of digits, all figures measured on the LiteRT file."""

    digits: int
    accuracy: float
    per_digit: list[float | None]
    """The recall of each digit 0 to 9, None for a digit the source does not have."""
    confusion: list[list[int]]
    """Counts (10, 10): row = what it is, column = what was read."""
    confident: float
    """The share of digits read with the verdict *digit*."""
    confident_accuracy: float | None
    """The accuracy among those, None where there are none."""
    refused: float
    """The share of digits refused with the verdict *not a digit*."""
    calibration_error: float
    """The expected calibration error over ``reliability``, 0 to 1 (Guo et al. 2017)."""
    reliability: list[ReliabilityBin]
    """The bins of confidence, a fifteenth each, that hold digits."""


class TrainingInfo(BaseModel):
    """How a model came to be, as far as its maker told."""

    data: str
    command: str
    seed: int | None
    date: datetime
    versions: dict[str, str]
    curves: dict[str, list[float]]
    """One value an epoch for each measure; none for a model trained elsewhere."""


class ModelCard(_CardPart):
    """What is to be known about any model before it is trusted."""

    name: str
    description: str
    license: str
    layers: list[Layer]
    parameters: int
    size_bytes: int
    """The size of the LiteRT file."""
    confidence_threshold: float
    """The confidence from which an answer counts as sure; what is below is *unsure*."""
    training: TrainingInfo

    def write(self, folder: Path) -> None:
        """Write the card into its model's folder."""
        (folder / CARD_FILE).write_text(self.model_dump_json(indent=1) + "\n")


AnyCard = TypeVar("AnyCard", bound=ModelCard)


class DigitCard(ModelCard):
    """What is to be known about a model of digits."""

    digit_threshold: float = 0.0
    """The probability of being a digit below which a picture is *not a digit*; 0 refuses nothing."""
    evaluations: dict[str, Evaluation] = {}
    """By the name of the source."""
    robustness: dict[str, dict[str, float]] = {}
    """The accuracy on pen digits drawn otherwise: by what was changed, and to what."""
    refusals: dict[str, float] = {}
    """The share of what is no digit that was refused, by kind; no such thing was trained on."""

    fine_tuned_from: str | None = None
    """The model it was trained further from, where it was."""
    accuracy_before: dict[str, float] = {}
    """The accuracy of that model, by the name of the source."""

    @property
    def regressions(self) -> dict[str, tuple[float, float]]:
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


class LineEvaluation(_CardPart):
    """How well a model reads one source of lines, all figures measured on the LiteRT file."""

    lines: int
    exact_match: float
    """The share of lines read without any mistake."""
    character_error_rate: float
    """Digits to be replaced, left out or put in for all lines to be right, for each digit there is."""
    confident: float
    """The share of lines read with the verdict *number*."""
    confident_exact_match: float | None
    """The share without any mistake among those, None where there are none."""
    refused: float
    """The share of lines where no number was read."""
    calibration_error: float
    """The expected calibration error of the confidence in whole lines over ``reliability``, 0 to 1."""
    reliability: list[ReliabilityBin]
    """The bins of confidence, a fifteenth each, that hold lines."""


class LineCard(ModelCard):
    """What is to be known about a model of lines."""

    number_threshold: float
    """The confidence below which a line is *not a number*."""
    extents: dict[str, tuple[float, float]]
    """Where each character begins and ends, in columns of a strip from the middle of those that tell it."""
    digit_weight: float
    """What the judgement of the model of single digits weighs beside its own reading."""
    temperature: float
    """What the scores of readings are divided by for probabilities that are right as often as they say."""
    evaluations: dict[str, LineEvaluation] = Field(default_factory=dict)
    """By the name of the source."""
    false_accepts: dict[str, float] = Field(default_factory=dict)
    """The share of lines with something in them that is no digit that are read as digits alone, by kind."""


def read_card(name: str, models: Path) -> DigitCard:
    """Read the card of the digit model ``name`` in the folder ``models``.

    Raises:
        ModelMissing: there is no card.
        ModelBroken: the card is damaged.
    """
    return _read(DigitCard, name, models)


def read_line_card(models: Path) -> LineCard:
    """Read the card of the line model in the folder ``models``.

    Raises:
        ModelMissing: there is no card.
        ModelBroken: the card is damaged.
    """
    return _read(LineCard, LINE, models)


def _read(card_class: type[AnyCard], name: str, models: Path) -> AnyCard:
    path = models / name / CARD_FILE
    if not path.is_file():
        available = ", ".join(model_names(models)) or "none"
        raise ModelMissing(f"The model card {path} is missing. Available models: {available}.", path)
    try:
        return card_class.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise ModelBroken(f"The model card {path} is damaged: {reason}.", path) from error


def model_names(models: Path) -> list[str]:
    """The names of the models of digits in the folder ``models``, those with a card, sorted."""
    return sorted({path.parent.name for path in models.glob(f"*/{CARD_FILE}")} - {LINE})
