"""Rebuilding a prediction from its row in the history."""

from contextlib import suppress

from digitrec.errors import ImageError, ModelError
from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, NumberVerdict, Prediction, Step, Verdict
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.services import services
from digitrec.storage.saved_prediction import SavedPrediction


def restore_prediction(saved: SavedPrediction, data: bytes | None) -> AnyPrediction:
    """Return a saved prediction with the steps that its image gives; without an image, it has none."""
    return _digit_prediction(saved, data) if saved.mode is Mode.DIGIT else _number_prediction(saved, data)


def _digit_prediction(saved: SavedPrediction, data: bytes | None) -> Prediction:
    steps: tuple[Step, ...] = ()
    if data:
        # Steps aren't saved: the saved image gives the same ones again.
        with suppress(ImageError):
            steps = preprocess(data, saved.input_method)[1]
    return Prediction(
        verdict=Verdict(saved.verdict),
        label=saved.label,
        confidence=saved.confidence,
        probabilities=saved.probabilities,
        steps=steps,
        model=saved.model,
        milliseconds=saved.milliseconds,
        reason=saved.reason,
    )


def _number_prediction(saved: SavedPrediction, data: bytes | None) -> NumberPrediction:
    again = None
    if data:
        # Boxes, alternatives and doubts aren't saved either. Those of a newer model fit only the same number.
        with suppress(ImageError, ModelError):
            again = services().number_recognizer().recognize(data, saved.input_method)
    same = again if again and again.label == saved.label else None
    return NumberPrediction(
        verdict=NumberVerdict(saved.verdict),
        label=saved.label,
        confidence=saved.confidence,
        digits=same.digits if same else (),
        alternatives=same.alternatives if same else (),
        doubts=same.doubts if same else (),
        steps=again.steps if again else (),
        model=saved.model,
        milliseconds=saved.milliseconds,
    )
