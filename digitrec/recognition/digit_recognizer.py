"""The one way in: from a drawing or a picture to what it reads."""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ImageError
from digitrec.imaging.binarize import find_ink
from digitrec.imaging.components import has_digits_side_by_side
from digitrec.imaging.decode import decode_drawing, decode_image
from digitrec.imaging.normalize import CROP, MIN_INK, normalize
from digitrec.prediction import KINDS, InputMethod, Kind, Prediction, Step, Verdict
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.server.metrics import REFUSALS, STAGES


class DigitRecognizer:
    """Reads digits with one model; safe to share between threads."""

    def __init__(self, model: DigitModel) -> None:
        self.model = model

    def recognize(self, data: bytes, input_method: InputMethod) -> Prediction:
        """What the picture of one digit says.

        From the canvas ``data`` is a PNG of white strokes on black; from elsewhere it is a picture file of any kind,
        in which the ink has to be found first.

        Raises:
            ImageError: the picture cannot be read; its message says why and what to do.
        """
        start = perf_counter()
        try:
            with STAGES.labels("preprocess").time():
                image, steps = preprocess(data, input_method)
        except ImageError as error:
            # Nothing else of such a picture is kept.
            REFUSALS.labels(error.reason).inc()
            raise
        name = self.model.card.name
        if not image.any():
            return Prediction(Verdict.BLANK, "", 0.0, (), steps, name, _milliseconds_since(start), self.model.version)
        with STAGES.labels("infer").time():
            answers = self.model.classifier.classify(image[np.newaxis])
        probabilities = answers.probabilities[0]
        best = int(probabilities.argmax())
        # In 32 bits a softmax may end a hair above 1.
        confidence = min(float(probabilities[best]), 1.0)
        card = self.model.card
        verdict = Verdict.DIGIT if confidence >= card.confidence_threshold else Verdict.UNSURE
        reason = None
        if answers.kinds is not None:
            crop = next(step.image for step in steps if step.name == CROP)
            if has_digits_side_by_side(crop >= MIN_INK):
                # Of seven in a row too little is left in 28x28 for a network to tell.
                verdict, reason = Verdict.NOT_A_DIGIT, Kind.SEVERAL_DIGITS
            elif answers.kinds[0, 0] < card.digit_threshold:
                verdict, reason = Verdict.NOT_A_DIGIT, KINDS[1 + int(answers.kinds[0, 1:].argmax())]
        return Prediction(
            verdict=verdict,
            label=str(best),
            confidence=confidence,
            probabilities=tuple(min(float(probability), 1.0) for probability in probabilities),
            steps=steps,
            model=name,
            milliseconds=_milliseconds_since(start),
            model_version=self.model.version,
            reason=reason,
        )


def preprocess(data: bytes, input_method: InputMethod) -> tuple[NDArray[np.float32], tuple[Step, ...]]:
    """What a network is given (28, 28) of a drawing or a picture file, and every step of the way; needs no model.

    Raises:
        ImageError: as ``DigitRecognizer.recognize`` does.
    """
    if input_method in (InputMethod.CANVAS, InputMethod.SAMPLE):
        ink, steps = decode_drawing(data)
    else:
        gray, decoding = decode_image(data)
        ink, finding = find_ink(gray)
        steps = decoding + finding
    image, normalizing = normalize(ink)
    return image, steps + normalizing


def _milliseconds_since(start: float) -> float:
    return (perf_counter() - start) * 1e3
