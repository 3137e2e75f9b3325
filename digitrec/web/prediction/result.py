"""The result of recognition in either mode."""

from collections.abc import Sequence
from pathlib import Path

from digitrec.prediction import AnyPrediction, Mode, NumberPrediction, Prediction
from digitrec.web.prediction import digit_result, number_result

PREDICTION_STYLE = Path(__file__).with_name("prediction.css")
"""The stylesheet for results and labels. A page shows it once, outside of what a stroke reruns."""


def result_html(
    mode: Mode, predictions: Sequence[AnyPrediction], message: tuple[str, str] = ("", ""), picture: str = ""
) -> str:
    """Return the HTML of one prediction, or several of a digit; without any, of a message (a heading and a sentence).

    ``picture``, as HTML, goes beside the bars of one digit.
    """
    if mode is Mode.DIGIT:
        digits = [item for item in predictions if isinstance(item, Prediction)]
        return digit_result.digits_html(digits, message, picture)
    numbers = [item for item in predictions if isinstance(item, NumberPrediction)]
    return number_result.number_html(numbers[0] if numbers else None, message)


def announcement(predictions: Sequence[AnyPrediction]) -> str:
    """Return the result as text for screen readers; with several models, each with its name."""
    texts = [". ".join(filter(None, (prediction.text, *_describe(prediction)))) for prediction in predictions]
    if len(texts) == 1:
        return texts[0]
    return " ".join(
        f"{prediction.model}: {text.rstrip('.')}." for prediction, text in zip(predictions, texts, strict=True)
    )


def _describe(prediction: AnyPrediction) -> tuple[str, str]:
    if isinstance(prediction, NumberPrediction):
        return number_result.describe(prediction)
    return digit_result.describe(prediction)
