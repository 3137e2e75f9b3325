"""Recognize the digit in a drawing or an image."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ImageError
from digitrec.imaging.arrays import Ink
from digitrec.imaging.binarize import find_ink
from digitrec.imaging.components import has_digits_side_by_side
from digitrec.imaging.decode import decode_drawing
from digitrec.imaging.decoder_pool import decode_untrusted
from digitrec.imaging.normalize import CROP, MIN_INK, normalize
from digitrec.prediction import KINDS, InputMethod, Kind, Prediction, Step, Verdict
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.server.metrics import REFUSALS, STAGES


class NetworkInput(NamedTuple):
    """What a prediction for ink depends on."""

    image: NDArray[np.float32]  # (28, 28) in [0, 1], zeros for blank ink
    has_several_digits: bool


class DigitRecognizer:
    """Recognizes digits with one model; safe to share between threads."""

    def __init__(self, model: DigitModel) -> None:
        self.model = model

    def recognize(self, data: bytes, input_method: InputMethod) -> Prediction:
        """Recognize the digit in an image; raises ImageError if it can't be used.

        From the canvas, ``data`` is a PNG of white strokes on black; otherwise it is an image file in any supported
        format, in which the ink is located first.
        """
        start = perf_counter()
        with timed_preprocessing():
            image, steps = preprocess(data, input_method)
        with STAGES.labels("infer").time():
            return self._recognize(image, steps, start)

    def recognize_ink(self, ink: Ink) -> Prediction:
        """Recognize the digit in ink (height, width)."""
        start = perf_counter()
        return self._recognize(*normalize(ink), start)

    def recognize_inputs(self, inputs: Sequence[NetworkInput]) -> list[Prediction]:
        """Recognize the digit in each of several network inputs, all at once. The predictions have no steps."""
        start = perf_counter()
        shown = [position for position, each in enumerate(inputs) if each.image.any()]
        predictions = len(inputs) * [self._blank((), start)]
        if shown:
            output = self.model.classifier.classify(np.stack([inputs[position].image for position in shown]))
            for row, position in enumerate(shown):
                predictions[position] = self._judge(output, row, inputs[position].has_several_digits, (), start)
        return predictions

    def _recognize(self, image: NDArray[np.float32], steps: tuple[Step, ...], start: float) -> Prediction:
        if not image.any():
            return self._blank(steps, start)
        output = self.model.classifier.classify(image[np.newaxis])
        return self._judge(output, 0, _has_several_digits(steps), steps, start)

    def _blank(self, steps: tuple[Step, ...], start: float) -> Prediction:
        milliseconds = (perf_counter() - start) * 1e3
        return Prediction(Verdict.BLANK, "", 0.0, (), steps, self.model.card.name, milliseconds, self.model.version)

    def _judge(
        self, output: ClassifierOutput, row: int, has_several_digits: bool, steps: tuple[Step, ...], start: float
    ) -> Prediction:
        """Return the prediction that a row of the classifier's output gives."""
        card = self.model.card
        # A 32-bit softmax may slightly exceed 1.
        probabilities = tuple(min(float(probability), 1.0) for probability in output.probabilities[row])
        best = int(output.probabilities[row].argmax())
        confidence = probabilities[best]
        verdict = Verdict.DIGIT if confidence >= card.confidence_threshold else Verdict.UNSURE
        reason = None
        if output.kinds is not None:
            if has_several_digits:
                # Several digits are too small at 28×28 for the network to recognize them as such.
                verdict, reason = Verdict.NOT_A_DIGIT, Kind.SEVERAL_DIGITS
            elif output.kinds[row, 0] < card.digit_threshold:
                verdict, reason = Verdict.NOT_A_DIGIT, KINDS[1 + int(output.kinds[row, 1:].argmax())]
        milliseconds, version = (perf_counter() - start) * 1e3, self.model.version
        return Prediction(
            verdict, str(best), confidence, probabilities, steps, card.name, milliseconds, version, reason
        )


def prepare(ink: Ink) -> NetworkInput:
    """Return the network input for ink (height, width)."""
    image, steps = normalize(ink)
    return NetworkInput(image, bool(image.any()) and _has_several_digits(steps))


def _has_several_digits(steps: tuple[Step, ...]) -> bool:
    crop = next(step.image for step in steps if step.name == CROP)
    return has_digits_side_by_side(crop >= MIN_INK)


@contextmanager
def timed_preprocessing() -> Iterator[None]:
    """Measure the time that preprocessing takes, and count the images that can't be used."""
    try:
        with STAGES.labels("preprocess").time():
            yield
    except ImageError as error:
        REFUSALS.labels(error.reason).inc()
        raise


def preprocess(data: bytes, input_method: InputMethod) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    """Return the network input (28, 28) for a drawing or an image file, and the steps that led to it.

    Raises ImageError if the file can't be read.
    """
    if input_method in (InputMethod.CANVAS, InputMethod.SAMPLE):
        ink, steps = decode_drawing(data)
    else:
        gray, decode_steps = decode_untrusted(data)
        ink, ink_steps = find_ink(gray)
        steps = decode_steps + ink_steps
    image, normalize_steps = normalize(ink)
    return image, steps + normalize_steps
