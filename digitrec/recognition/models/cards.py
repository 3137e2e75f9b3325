"""Model cards: what is known about each model in the model folder."""

import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from digitrec.config import LINE
from digitrec.errors import ModelBroken, ModelError, ModelMissing
from digitrec.recognition.imported.conventions import Conventions

CARD_FILE = "card.json"
MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # Names of models, which are also the names of their folders.
MODEL_NAME_RULE = "Use up to 40 characters: a to z, 0 to 9, - and _. Start with a letter or a digit."
INCOMPLETE_PREFIX = ".import-"
"""The start of the names of the folders, in the model folder, where models are while they are imported."""

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
"""The names in cards written before version 0.2, which can still be read."""


class _CardPart(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _accept_old_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {_OLD_FIELD_NAMES.get(name, name): value for name, value in values.items()}


class Layer(BaseModel):
    """One layer of a network and its output shape (height, width, channels)."""

    kind: str
    output: tuple[int, ...]
    parameters: int


class ReliabilityBin(BaseModel):
    """The predictions whose confidence falls into one bin of a reliability diagram."""

    digits: int
    confidence: float  # Mean confidence.
    accuracy: float


class _AnyEvaluation(_CardPart):
    confident: float  # Share of predictions with the verdict *digit* or *number*.
    refused: float  # False rejects: share of digits or numbers with the verdict *not a digit* or *not a number*.
    calibration_error: float  # Expected calibration error, 0 to 1 (Guo et al. 2017).
    reliability: list[ReliabilityBin]  # The non-empty ones of 15 equal bins of confidence.


class Evaluation(_AnyEvaluation):
    """The metrics of a model on one source of digits, measured on the LiteRT file."""

    digits: int
    accuracy: float
    per_digit: list[float | None]  # Recall of each digit 0 to 9, or None for digits the source doesn't contain.
    confusion: list[list[int]]  # Confusion matrix (10, 10): rows are labels, columns are predictions.
    confident_accuracy: float | None  # Accuracy of the confident predictions, or None if there are none.

    @property
    def lowest_recall(self) -> str:
        """The digit with the lowest recall, and that recall, as text."""
        recall, digit = min((recall, digit) for digit, recall in enumerate(self.per_digit) if recall is not None)
        return f"{digit}: {recall:.2%}"


class DataUse(BaseModel):
    """The use of one part of a collection."""

    source: str
    part: str  # *training*, *validation* (sets the temperature and the thresholds) or *held out* (only for evaluation).
    samples: int
    writers: list[str] = []  # Their names in the collection, as far as known.


class TrainingInfo(BaseModel):
    """How a model was trained, as far as known."""

    data: str
    command: str
    seed: int | None
    date: datetime
    versions: dict[str, str]
    curves: dict[str, list[float]]  # One value per epoch for each metric; empty for imported models.
    uses: list[DataUse] = []  # The use of each collection other than MNIST.


class ModelCard(_CardPart):
    """The part of a card that digit and line models share."""

    name: str
    description: str
    license: str
    layers: list[Layer]
    parameters: int
    size_bytes: int  # Size of the LiteRT file.
    confidence_threshold: float  # Predictions below this confidence are *unsure*.
    training: TrainingInfo

    def write(self, folder: Path) -> None:
        """Write the card to the folder of its model."""
        (folder / CARD_FILE).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, name: str, models: Path) -> Self:
        """Read the card of the model ``name`` in the folder ``models``; raises ModelMissing or ModelBroken."""
        path = models / name / CARD_FILE
        if not path.is_file():
            available = ", ".join(model_names(models)) or "none"
            raise ModelMissing(f"The model card {path} is missing. Available models: {available}.", path)
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
            raise ModelBroken(f"The model card {path} is damaged: {reason}.", path) from error


class DigitCard(ModelCard):
    """The card of a digit model."""

    digit_threshold: float = 0.0  # Ink with a lower probability of being a digit is *not a digit*; 0 rejects nothing.
    evaluations: dict[str, Evaluation] = {}  # by name of the source
    robustness: dict[str, dict[str, float]] = {}  # Accuracy on varied pen digits, by variation and value.
    refusals: dict[str, float] = {}
    """Share of non-digits that were rejected, by kind; none of these images was used in training."""
    test_time_augmentation: bool = False
    """Whether the probabilities are the mean over each image and an enlarged copy of it."""
    conventions: Conventions | None = None  # The input and output conventions of an imported model.
    fine_tuned_from: str | None = None  # The model that fine-tuning started from, if any.
    accuracy_before: dict[str, float] = {}  # Accuracy of that model, by name of the source.

    @property
    def regressions(self) -> dict[str, tuple[float, float]]:
        """The sources on which accuracy fell by more than one standard error: accuracy before and after fine-tuning."""
        return {
            source: (before, after.accuracy)
            for source, before in self.accuracy_before.items()
            if (after := self.evaluations.get(source))
            and before - after.accuracy > math.sqrt(before * (1 - before) / after.digits)
        }


class LineEvaluation(_AnyEvaluation):
    """The metrics of the line model on one source of lines, measured on the LiteRT file."""

    lines: int
    exact_match: float  # Share of lines recognized without any error.
    character_error_rate: float  # Substituted, deleted and inserted digits per digit.
    confident_exact_match: float | None  # Exact match of the confident predictions, or None if there are none.


class LineCard(ModelCard):
    """The card of the line model."""

    number_threshold: float  # Lines below this confidence are *not a number*.
    extents: dict[str, tuple[float, float]]
    """Left and right end of each character, in columns of the strip relative to the center of its span."""
    digit_weight: float  # Weight of the digit model's log probability beside that of the line model.
    temperature: float  # Temperature that calibrates the scores of texts.
    evaluations: dict[str, LineEvaluation] = {}  # by name of the source
    false_accepts: dict[str, float] = {}
    """False accepts: share of lines with a non-digit that were recognized as digits only, by kind."""
    confident_false_accepts: dict[str, float] = {}  # The share that was even recognized confidently.


def read_card(name: str, models: Path) -> DigitCard:
    """Read the card of the digit model ``name`` in the folder ``models``; raises ModelMissing or ModelBroken."""
    if name == LINE:
        raise ModelBroken(f"The model {LINE} recognizes numbers. Use one that recognizes digits.", models / name)
    return DigitCard.read(name, models)


def read_line_card(models: Path) -> LineCard:
    """Read the card of the line model in the folder ``models``; raises ModelMissing or ModelBroken."""
    return LineCard.read(LINE, models)


def suggest_model_name(filename: str) -> str:
    """Return a name for the model in a file; empty if the file's name has neither a letter from a to z nor a digit."""
    return re.sub(r"[^a-z0-9_-]+", "-", Path(filename).stem.lower()).strip("-_")[:40]


def model_names(models: Path) -> list[str]:
    """Return the sorted names of the digit models that have a card in the folder ``models``."""
    return sorted({path.parent.name for path in models.glob(f"*/{CARD_FILE}")} - {LINE})


def default_model(configured: str, models: Path) -> str:
    """Return the configured model or, if it was fine-tuned and got worse on any source, the model it started from."""
    try:
        card = read_card(configured, models)
    except ModelError:
        # Loading the model reports the error.
        return configured
    return card.fine_tuned_from if card.fine_tuned_from and card.regressions else configured
