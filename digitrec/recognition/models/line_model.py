"""Load the line model, which recognizes numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.config import EVERYHAND, LINE
from digitrec.errors import ModelBroken
from digitrec.imaging.line.straightening import STRIP_HEIGHT
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import SYMBOL_COUNT
from digitrec.recognition.interpreter_pool import InterpreterPool
from digitrec.recognition.models.cards import LineCard, read_line_card
from digitrec.recognition.models.digit_model import LITERT_FILE, version_of

_WIDTH_STEP = 32  # Strips are padded to a multiple of this width, because each new width costs a new allocation.


class LineNetwork:
    """A network that predicts a character for each column of a strip; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load a LiteRT file from (N, 32, width, 1) to (N, columns, 12); raises ModelMissing or ModelBroken."""
        self._interpreters = InterpreterPool(path, (STRIP_HEIGHT, -1))
        output, *others = self._interpreters.outputs.values()
        if others or output.shape[-1] != SYMBOL_COUNT:
            raise ModelBroken(f"The model file {path} has no output of {SYMBOL_COUNT} values per column.", path)
        self._output = output.number

    def predict_columns(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability (columns, 12) of each symbol for each pair of columns of a strip (32, width)."""
        width = strip.shape[1]
        padded = np.zeros((1, STRIP_HEIGHT, -(-width // _WIDTH_STEP) * _WIDTH_STEP), np.float32)
        padded[0, :, :width] = strip
        (batch,) = self._interpreters.run(padded[..., np.newaxis], [self._output])
        return np.asarray(batch[0])


@dataclass(frozen=True, slots=True)
class LineModel:
    """A loaded line model."""

    card: LineCard
    network: LineNetwork
    digits: Classifier  # The digit model that also scores each character.
    version: str  # That of both LiteRT files.


def load_line_model(models: Path) -> LineModel:
    """Load the line model, and everyhand to score its characters, from ``models``; raises ModelError."""
    paths = line, digits = models / LINE / LITERT_FILE, models / EVERYHAND / LITERT_FILE
    card, network, classifier = read_line_card(models), LineNetwork(line), Classifier(digits)
    return LineModel(card, network, classifier, version_of(*paths))
