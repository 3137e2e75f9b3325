"""Recognize the digit in a drawing or an image."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ImageError
from digitrec.imaging.arrays import Ink
from digitrec.imaging.files.decode import decode_drawing
from digitrec.imaging.files.decoder_pool import decode_untrusted
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.ink.digit_components import has_digits_side_by_side
from digitrec.imaging.normalize import CROP, MIN_INK, normalize
from digitrec.prediction import KINDS, InputMethod, Kind, Prediction, Step, Verdict
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.server.metrics import REFUSALS, STAGES

NetworkInput = tuple[NDArray[np.float32], tuple[Step, ...]]
"""An image (28, 28) in [0, 1], zeros for blank ink, and the steps that led to it, as ``normalize`` returns them."""


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
            network_input = preprocess(data, input_method)
        with STAGES.labels("infer").time():
            return self.recognize_inputs([network_input], start)[0]

    def recognize_ink(self, ink: Ink) -> Prediction:
        """Recognize the digit in ink (height, width)."""
        start = perf_counter()
        return self.recognize_inputs([normalize(ink)], start)[0]

    def recognize_inputs(self, inputs: Sequence[NetworkInput], start: float | None = None) -> list[Prediction]:
        """Recognize the digits in network inputs, all at once. ``start`` is a ``perf_counter`` time, now by default."""
        start = perf_counter() if start is None else start
        output = self.model.classifier.classify(np.stack([image for image, _ in inputs]))
        return [self._judge(output, row, *network_input, start) for row, network_input in enumerate(inputs)]

    def _judge(
        self, output: ClassifierOutput, row: int, image: NDArray[np.float32], steps: tuple[Step, ...], start: float
    ) -> Prediction:
        """Return the prediction that a row of the classifier's output gives for a network input with these steps."""
        card, version = self.model.card, self.model.version
        milliseconds = (perf_counter() - start) * 1e3
        if not image.any():
            return Prediction(Verdict.BLANK, "", 0.0, (), steps, card.name, milliseconds, version)
        # A 32-bit softmax may slightly exceed 1.
        probabilities = tuple(min(float(probability), 1.0) for probability in output.probabilities[row])
        best = int(output.probabilities[row].argmax())
        confidence = probabilities[best]
        verdict = Verdict.DIGIT if confidence >= card.confidence_threshold else Verdict.UNSURE
        reason = None
        if output.kinds is not None:
            crop = next(step.image for step in steps if step.name == CROP)
            if has_digits_side_by_side(crop >= MIN_INK):
                # Several digits are too small at 28×28 for the network to recognize them as such.
                verdict, reason = Verdict.NOT_A_DIGIT, Kind.SEVERAL_DIGITS
            elif output.kinds[row, 0] < card.digit_threshold:
                verdict, reason = Verdict.NOT_A_DIGIT, KINDS[1 + int(output.kinds[row, 1:].argmax())]
        return Prediction(
            verdict, str(best), confidence, probabilities, steps, card.name, milliseconds, version, reason
        )


@contextmanager
def timed_preprocessing() -> Iterator[None]:
    """Measure the time that preprocessing takes, and count the images that can't be used."""
    try:
        with STAGES.labels("preprocess").time():
            yield
    except ImageError as error:
        REFUSALS.labels(error.reason).inc()
        raise


def preprocess(data: bytes, input_method: InputMethod) -> NetworkInput:
    """Return the network input for a drawing or an image file; raises ImageError if the file can't be read."""
    if input_method in (InputMethod.CANVAS, InputMethod.SAMPLE):
        ink, steps = decode_drawing(data)
    else:
        gray, decode_steps = decode_untrusted(data)
        ink, ink_steps = find_ink(gray)
        steps = decode_steps + ink_steps
    image, normalize_steps = normalize(ink)
    return image, steps + normalize_steps
