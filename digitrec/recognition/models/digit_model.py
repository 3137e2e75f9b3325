"""A model of single digits, loaded from its folder."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models.cards import DigitCard, read_card

KERAS_FILE = "model.keras"


LITERT_FILE = "model.tflite"


@dataclass(frozen=True, slots=True)
class DigitModel:
    """A loaded model."""

    card: DigitCard
    classifier: Classifier
    version: str
    """What tells its LiteRT file from every other: the beginning of its SHA-256."""


def load_digit_model(name: str, models: Path) -> DigitModel:
    """Load the model ``name`` from the folder ``models``.

    Raises:
        ModelMissing: its LiteRT file or its card is not there.
        ModelBroken: one of them cannot be used.
    """
    path = models / name / LITERT_FILE
    return DigitModel(read_card(name, models), Classifier(path), sha256(path.read_bytes()).hexdigest()[:12])
