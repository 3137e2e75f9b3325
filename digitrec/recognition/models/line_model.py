"""The model that reads a line, and its card."""

from dataclasses import dataclass
from hashlib import sha256
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
from digitrec.recognition.models.digit_model import LITERT_FILE

_STEP = 32


class LineNetwork:
    """A network that tells a strip of writing column by column; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Load the LiteRT file ``path``.

        Raises:
            ModelMissing: there is no such file.
            ModelBroken: the file is no LiteRT network from (N, 32, width, 1) to (N, columns, 12).
        """
        self._interpreters = InterpreterPool(path, (STRIP_HEIGHT, -1))
        (self._output, symbols), *others = self._interpreters.outputs.values()
        if others or symbols != SYMBOL_COUNT:
            raise ModelBroken(f"The model file {path} does not tell {SYMBOL_COUNT} symbols a column.", path)

    def predict_columns(self, strip: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities (columns, 12) of what each two columns of a strip (32, width) in [0, 1] tell."""
        width = strip.shape[1]
        # Of few widths, so that the interpreter seldom has to be set up for another.
        padded = np.zeros((1, STRIP_HEIGHT, -(-width // _STEP) * _STEP), np.float32)
        padded[0, :, :width] = strip
        ((told,),) = self._interpreters.run([padded], [self._output])
        return np.asarray(told[0])


@dataclass(frozen=True, slots=True)
class LineModel:
    """A loaded model of lines."""

    card: LineCard
    network: LineNetwork
    digits: Classifier
    """The model of single digits that has a say in what a line reads."""
    version: str
    """What tells the two LiteRT files from all others: the beginning of their SHA-256."""


def load_line_model(models: Path) -> LineModel:
    """Load the model of lines from the folder ``models``, and everyhand, which has a say.

    Raises:
        ModelMissing: a LiteRT file or the card is not there.
        ModelBroken: one of them cannot be used.
    """
    paths = line, digits = models / LINE / LITERT_FILE, models / EVERYHAND / LITERT_FILE
    card, network, classifier = read_line_card(models), LineNetwork(line), Classifier(digits)
    version = sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    return LineModel(card, network, classifier, version)
