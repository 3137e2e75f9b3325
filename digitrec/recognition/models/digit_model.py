"""Load a digit model from its folder."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from digitrec.recognition.classifier import Classifier
from digitrec.recognition.imported.classifier import ImportedClassifier
from digitrec.recognition.imported.network import ONNX_FILE
from digitrec.recognition.models.cards import DigitCard, read_card

KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
AnyClassifier = Classifier | ImportedClassifier


@dataclass(frozen=True, slots=True)
class DigitModel:
    """A loaded digit model."""

    card: DigitCard
    classifier: AnyClassifier
    version: str  # That of the LiteRT or ONNX file.


def load_digit_model(name: str, models: Path) -> DigitModel:
    """Load the digit model ``name`` from the folder ``models``; raises ModelMissing or ModelBroken."""
    card, folder = read_card(name, models), models / name
    path = folder / LITERT_FILE
    classifier: AnyClassifier
    if card.conventions:
        path = folder / ONNX_FILE if (folder / ONNX_FILE).is_file() else path
        classifier = ImportedClassifier(path, card.conventions)
    else:
        classifier = Classifier(path, test_time_augmentation=card.test_time_augmentation)
    return DigitModel(card, classifier, version_of(path))


def version_of(*files: Path) -> str:
    """Return the version of a model: the first 12 hexadecimal digits of the SHA-256 of its files."""
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
