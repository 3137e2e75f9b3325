"""The digits that a model gets wrong."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.recognition.models.digit_model import DigitModel

_TILE = 56
_GAP = 4
_MARGIN = 96
_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Misclassified digits, the most confident mistake first."""

    digits: Digits
    predicted: NDArray[np.uint8]  # (N,)
    confidence: NDArray[np.float32]  # (N,)

    def __len__(self) -> int:
        return len(self.predicted)

    def in_cell(self, label: int, predicted: int) -> "Mistakes":
        """Return the mistakes in one cell of the confusion matrix."""
        index = np.flatnonzero((self.digits.labels == label) & (self.predicted == predicted))
        return Mistakes(self.digits.take(index), self.predicted[index], self.confidence[index])

    def counts(self) -> dict[tuple[int, int], int]:
        """Return the number of mistakes per (label, predicted digit), the most frequent first."""
        pairs = zip(self.digits.labels.tolist(), self.predicted.tolist(), strict=True)
        return dict(Counter(sorted(pairs)).most_common())


def find_mistakes(model: DigitModel, digits: Digits) -> Mistakes:
    """Return the digits that a model misclassifies, whatever its verdict; blank ones are skipped."""
    probabilities = model.classifier.classify(scale_to_unit(digits.images)).probabilities
    predicted, confidence = probabilities.argmax(1).astype(np.uint8), probabilities.max(1)
    wrong = np.flatnonzero((predicted != digits.labels) & digits.images.any((1, 2)))
    wrong = wrong[confidence[wrong].argsort()[::-1]]
    return Mistakes(digits.take(wrong), predicted[wrong], confidence[wrong])


def draw_contact_sheet(mistakes: Mistakes) -> Image.Image:
    """Draw all mistakes as one image with dark ink, in rows by label and predicted digit."""
    rows: list[tuple[str, NDArray[np.uint8]]] = []
    for (label, predicted), count in mistakes.counts().items():
        images = mistakes.in_cell(label, predicted).digits.images
        for start in range(0, count, _COLUMNS):
            title = "" if start else f"{label} as {predicted}: {count}"
            rows.append((title, images[start : start + _COLUMNS]))
    step = _TILE + _GAP
    sheet = Image.new("L", (_MARGIN + _COLUMNS * step, max(len(rows), 1) * step), 255)
    draw = ImageDraw.Draw(sheet)
    for row, (title, images) in enumerate(rows):
        draw.text((_GAP, row * step + _TILE // 2), title, 0, anchor="lm")
        for column, image in enumerate(images):
            corner = _MARGIN + column * step, row * step
            sheet.paste(Image.fromarray(255 - image).resize((_TILE, _TILE), Image.Resampling.NEAREST), corner)
            draw.rectangle([corner, (corner[0] + _TILE, corner[1] + _TILE)], outline=190)
    return sheet
