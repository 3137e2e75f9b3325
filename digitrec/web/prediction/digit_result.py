"""The result of recognizing a digit: the digit, its verdict and confidence, and a bar for each class."""

import html
from collections import Counter
from collections.abc import Sequence

from digitrec.prediction import Kind, Prediction, Verdict, percent
from digitrec.web.shared.bar import bar
from digitrec.web.shared.names import BLANK, VERDICT_NAMES, VERDICT_SIGNS

_REASONS = {
    Kind.SEVERAL_DIGITS: "This looks like several digits.",
    Kind.LETTER: "This looks like a letter.",
    Kind.SCRIBBLE: "This looks like a scribble or a shape.",
}
_OUTCOMES = {Verdict.NOT_A_DIGIT: ("reject it", "rejects it"), Verdict.BLANK: ("find no ink", "finds no ink")}
"""What models do with an input that has no digit, in the plural and the singular."""
_NOTABLE_DIFFERENCE = 0.05
_DIFFERENCE_LEGEND = f"≠ marks probabilities that differ by at least {100 * _NOTABLE_DIFFERENCE:.0f} percentage points."


def digits_html(predictions: Sequence[Prediction], message: tuple[str, str], picture: str = "") -> str:
    """Return the predictions of one model or several; with none, a message. Three or more are shown without bars.

    ``picture``, as HTML, goes beside the bars of one model or of none.
    """
    if len(predictions) < 2:
        headline = _result(predictions[0]) if predictions else _headline("", *message)
        return headline + picture + _bars(predictions[0].probabilities if predictions else ())
    # The results come before the bars: on a phone, the sections are stacked.
    results = "".join(f"<section>{_model_name(item)}{_result(item)}</section>" for item in predictions)
    agreement = f'<div class="agreement">{html.escape(_agreement(predictions))}</div>'
    if len(predictions) > 2:
        # Four sets of bars wouldn't fit on a screen.
        return f'{agreement}<div class="models compact">{results}</div>'
    first, second = predictions
    bars = "".join(
        f'<section aria-label="{html.escape(item.model)}">{_model_name(item)}'
        f"{_bars(item.probabilities, other.probabilities)}</section>"
        for item, other in ((first, second), (second, first))
    )
    return f'{agreement}<div class="models">{results}{bars}</div><div class="legend">{_DIFFERENCE_LEGEND}</div>'


def _model_name(prediction: Prediction) -> str:
    return f'<div class="model">{html.escape(prediction.model)}</div>'


def _agreement(predictions: Sequence[Prediction]) -> str:
    """Return what the models agree on, or what each of two models, or how many of more models, predict."""
    counts = Counter(map(_outcome, predictions)).most_common()
    if len(counts) == 1:
        all_models = "Both models" if len(predictions) == 2 else f"All {len(predictions)} models"
        return f"{all_models} {counts[0][0][0]}"
    if len(predictions) == 2:
        parts = [f"{prediction.model} {_outcome(prediction)[1]}" for prediction in predictions]
    else:
        parts = [f"{count} {both if count > 1 else one}" for (both, one), count in counts]
    return f"The models disagree: {', '.join(parts)}"


def _outcome(prediction: Prediction) -> tuple[str, str]:
    return _OUTCOMES.get(prediction.verdict, (f"predict {prediction.text}", f"predicts {prediction.text}"))


def _result(prediction: Prediction) -> str:
    title, detail = describe(prediction)
    return _headline(prediction.text, f"{VERDICT_SIGNS[prediction.verdict]} {title}".lstrip(), detail)


def describe(prediction: Prediction) -> tuple[str, str]:
    """Return the verdict and a sentence about it."""
    if prediction.verdict is Verdict.BLANK:
        advice = "For a photo, move closer and use even light without shadows."
        return BLANK, f"No ink found: nothing stands out from the paper. {advice}"
    title, confidence = VERDICT_NAMES[prediction.verdict], percent(prediction.confidence)
    if prediction.reason:
        return title, f"{_REASONS[prediction.reason]} Closest digit: {prediction.label} ({confidence})."
    if prediction.verdict is Verdict.DIGIT:
        return title, f"{confidence} confidence"
    others = (digit for digit in range(10) if str(digit) != prediction.label)
    second = max(others, key=prediction.probabilities.__getitem__)
    article = "an" if second == 8 else "a"
    alternative = f"{article} {second} ({percent(prediction.probabilities[second])})"
    return title, f"{confidence} confidence. It could also be {alternative}."


def _headline(digit: str, verdict: str, detail: str) -> str:
    large = digit or '<span class="nothing" aria-hidden="true">?</span>'
    return (
        f'<div class="digit-headline"><div>{large}</div><div><div class="verdict">{html.escape(verdict)}</div>'
        f"<div>{html.escape(detail)}</div></div></div>"
    )


def _bars(probabilities: Sequence[float], other: Sequence[float] = ()) -> str:
    bars = "".join(_bar(digit, probabilities, other) for digit in range(10))
    return f'<div role="list" aria-label="Probability of each digit" class="bars">{bars}</div>'


def _bar(digit: int, probabilities: Sequence[float], other: Sequence[float]) -> str:
    probability, best, value = 0.0, "", ""
    if probabilities:
        probability = probabilities[digit]
        best = "best" if probability == max(probabilities) else ""
        differs = other and abs(probability - other[digit]) >= _NOTABLE_DIFFERENCE
        # Saved probabilities are rounded, some to zero, but the network never returns zero.
        value = ("≠ " if differs else "") + html.escape(percent(max(probability, 1e-6)))
    # Every bar has a class, because the browser turns one result into another without removing attributes.
    return (
        f'<div role="listitem" class="{best}"><span>{digit}</span>{bar(probability, ".8rem")}<span>{value}</span></div>'
    )
