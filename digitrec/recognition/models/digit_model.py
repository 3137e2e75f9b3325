"""Load a digit model from its folder."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models.cards import DigitCard, read_card

KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"


@dataclass(frozen=True, slots=True)
class DigitModel:
    """A loaded digit model."""

    card: DigitCard
    classifier: Classifier
    version: str
    """The first 12 hexadecimal digits of the SHA-256 of the LiteRT file."""


def load_digit_model(name: str, models: Path) -> DigitModel:
    """Load the digit model ``name`` from the folder ``models``; raises ModelMissing or ModelBroken."""
    path = models / name / LITERT_FILE
    return DigitModel(read_card(name, models), Classifier(path), sha256(path.read_bytes()).hexdigest()[:12])
