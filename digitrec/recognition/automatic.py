"""Recognize a digit or a number, whichever the image shows."""

from dataclasses import replace
from typing import Literal

from digitrec.prediction import NON_DIGIT, AnyPrediction, InputMethod, Kind, NumberVerdict, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.recognition.number_recognizer import NumberRecognizer

AUTO: Literal["auto"] = "auto"  # The mode that recognizes a digit or a number, whichever the image shows.
_MIN_ASPECT = 1.6  # Lowest width of an image, relative to its height, that may show a number if a digit was found.


class AutomaticRecognizer:
    """Recognizes a digit or a number, whichever the image shows; safe to share between threads."""

    def __init__(self, digits: DigitRecognizer, numbers: NumberRecognizer) -> None:
        self._digits, self._numbers = digits, numbers

    @property
    def model(self) -> DigitModel:
        """The model that recognizes an image first."""
        return self._digits.model

    def recognize(self, data: bytes, input_method: InputMethod) -> AnyPrediction:
        """Recognize the digit or the number in an image. Raises ImageError if it can't be used.

        The result is a number only if the digit isn't certain, or if the image is so wide that this digit may be what
        was found of a number. Unless several digits were seen, the number must have no other character, and a single
        digit counts only if no ink was found for a digit.
        """
        digit = self._digits.recognize(data, input_method)
        height, width = digit.steps[0].image.shape[:2]
        is_certain = digit.verdict is Verdict.DIGIT
        if is_certain and width < _MIN_ASPECT * height:
            return digit
        number = self._numbers.recognize(data, input_method)
        min_length = 1 if digit.verdict is Verdict.BLANK else 2
        has_only_digits = NON_DIGIT not in number.label and len(number.label) >= min_length
        if is_certain:
            is_number = number.verdict is NumberVerdict.NUMBER and has_only_digits
        else:
            is_number = number.verdict.has_label and (has_only_digits or digit.reason is Kind.SEVERAL_DIGITS)
        milliseconds = digit.milliseconds + number.milliseconds
        return replace(number if is_number else digit, milliseconds=milliseconds)


AnyRecognizer = DigitRecognizer | NumberRecognizer | AutomaticRecognizer
