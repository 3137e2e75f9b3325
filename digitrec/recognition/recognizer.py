"""The one way in: from a drawing or a picture to what it reads."""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.decode import decode_drawing, decode_picture
from digitrec.imaging.ink import find_ink
from digitrec.imaging.normalize import normalize
from digitrec.imaging.steps import Step
from digitrec.recognition.models import Model
from digitrec.recognition.recognition import Recognition, Verdict


class Recognizer:
    """Reads digits with one model; safe to share between threads."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def read_drawing(self, png: bytes) -> Recognition:
        """What a canvas drawing, white strokes on black as a PNG, says.

        Raises:
            ImageError: the bytes are not a picture.
        """
        start = perf_counter()
        ink, steps = decode_drawing(png)
        return self._read(ink, steps, start)

    def read_picture(self, data: bytes) -> Recognition:
        """What a picture file of one digit, photographed, scanned or saved, says.

        Raises:
            ImageError: the file cannot be read; its message says why and what to do.
        """
        start = perf_counter()
        grey, decoding = decode_picture(data)
        ink, finding = find_ink(grey)
        return self._read(ink, decoding + finding, start)

    def _read(self, ink: NDArray[np.uint8], before: tuple[Step, ...], start: float) -> Recognition:
        image, normalizing = normalize(ink)
        steps = before + normalizing
        name = self.model.card.name
        if not image.any():
            return Recognition(Verdict.BLANK, "", 0.0, (), steps, name, _milliseconds_since(start))
        probabilities = self.model.classifier.probabilities(image[np.newaxis])[0]
        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        return Recognition(
            verdict=Verdict.DIGIT if confidence >= self.model.card.sure_from else Verdict.UNSURE,
            label=str(best),
            confidence=confidence,
            probabilities=tuple(map(float, probabilities)),
            steps=steps,
            model=name,
            milliseconds=_milliseconds_since(start),
        )


def _milliseconds_since(start: float) -> float:
    return (perf_counter() - start) * 1e3
