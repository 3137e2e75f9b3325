"""The digits that a model reads wrong."""

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
    """Digits and what was read instead, the surest mistake first."""

    digits: Digits
    predicted: NDArray[np.uint8]  # (N,)
    confidence: NDArray[np.float32]  # (N,)

    def __len__(self) -> int:
        return len(self.predicted)

    def in_cell(self, digit: int, read: int) -> "Mistakes":
        """Those behind one cell of the confusion matrix."""
        return self._take(np.flatnonzero((self.digits.labels == digit) & (self.predicted == read)))

    def counts(self) -> dict[tuple[int, int], int]:
        """How many there are of each digit read as each other, the most first."""
        pairs, counts = np.unique(np.stack([self.digits.labels, self.predicted]), axis=1, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {(int(pairs[0, place]), int(pairs[1, place])): int(counts[place]) for place in order}

    def _take(self, index: NDArray[np.intp]) -> "Mistakes":
        return Mistakes(self.digits.take(index), self.predicted[index], self.confidence[index])


def find_mistakes(model: DigitModel, digits: Digits) -> Mistakes:
    """The digits with ink in them that a model reads as another digit, whatever its verdict."""
    probabilities = model.classifier.classify(scale_to_unit(digits.images)).probabilities
    read, confidence = probabilities.argmax(1).astype(np.uint8), probabilities.max(1)
    wrong = np.flatnonzero((read != digits.labels) & digits.images.any((1, 2)))
    wrong = wrong[confidence[wrong].argsort()[::-1]]
    return Mistakes(digits.take(wrong), read[wrong], confidence[wrong])


def draw_contact_sheet(mistakes: Mistakes) -> Image.Image:
    """All of them as one picture, ink dark: for each digit read as another a row or more, the most first."""
    rows: list[tuple[str, NDArray[np.uint8]]] = []
    for (digit, read), count in mistakes.counts().items():
        images = mistakes.in_cell(digit, read).digits.images
        for start in range(0, count, _COLUMNS):
            name = "" if start else f"{digit} read as {read}: {count}"
            rows.append((name, images[start : start + _COLUMNS]))
    step = _TILE + _GAP
    sheet = Image.new("L", (_MARGIN + _COLUMNS * step, max(len(rows), 1) * step), 255)
    draw = ImageDraw.Draw(sheet)
    for row, (name, images) in enumerate(rows):
        draw.text((_GAP, row * step + _TILE // 2), name, 0, anchor="lm")
        for column, image in enumerate(images):
            corner = _MARGIN + column * step, row * step
            sheet.paste(Image.fromarray(255 - image).resize((_TILE, _TILE), Image.Resampling.NEAREST), corner)
            draw.rectangle([corner, (corner[0] + _TILE, corner[1] + _TILE)], outline=190)
    return sheet
