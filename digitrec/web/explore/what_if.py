"""What-if: how the prediction changes when the drawing is turned, slanted, thinner or fainter."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import explore as charts
from digitrec.imaging.arrays import Ink
from digitrec.imaging.variations import PARAMETERS, Parameter, Variation, vary
from digitrec.prediction import Prediction, Step, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.exploration.sensitivity import Curve, Sensitivity, measure_curves, measure_sensitivity
from digitrec.web.explore.elements import show_downloads
from digitrec.web.explore.subject import Subject
from digitrec.web.explore.variation_panel import PICTURES, chosen_variation, show_variation_panel
from digitrec.web.shared.admission import admitted

_TITLES = {parameter.title: parameter for parameter in PARAMETERS}


@st.fragment
@admitted
def show_what_if(subject: Subject) -> None:
    """Show sliders that change the drawing, the predictions that follow, and how they depend on one parameter."""
    st.markdown(
        "Change the drawing and watch the prediction. Preprocessing evens out size and position. It keeps rotation and "
        "slant, because they can turn one digit into another."
    )
    variation = chosen_variation()
    ink = vary(subject.ink, variation)
    predictions = [recognizer.recognize_ink(ink) for recognizer in subject.recognizers]
    show_variation_panel(subject.ink, variation, ink, subject.recognizers, predictions)
    parameter = _TITLES[st.selectbox("Chart parameter", list(_TITLES), key="chart", bind="query-params", width=260)]
    others = replace(variation, **{parameter.name: parameter.neutral})
    versions = [recognizer.model.version for recognizer in subject.recognizers]
    curves = _measure_curves(subject.recognizers, versions, subject.ink, others, parameter)
    sensitivities = [
        measure_sensitivity(recognizer, subject.ink, variation, prediction, curve)
        for recognizer, prediction, curve in zip(subject.recognizers, predictions, curves, strict=True)
    ]
    _show_charts(sensitivities)
    images = ink, predictions[0].steps[-1].image
    steps = [Step(name, image, subject.name) for name, image in zip(PICTURES, images, strict=True)]
    show_downloads("what-if", steps, _table(sensitivities))


# The slider of the charted parameter doesn't change the curves. In the key, the versions stand for the models.
@st.cache_resource(max_entries=100, show_spinner=False)
def _measure_curves(
    _recognizers: Sequence[DigitRecognizer],
    versions: Sequence[str],
    ink: Ink,
    variation: Variation,
    parameter: Parameter,
) -> list[Curve]:
    return measure_curves(_recognizers, ink, variation, parameter)


def _show_charts(sensitivities: list[Sensitivity]) -> None:
    for column, sensitivity in zip(st.columns(len(sensitivities), gap="medium"), sensitivities, strict=True):
        with column:
            model, parameter = sensitivity.current.model, sensitivity.curve.parameter
            st.markdown(describe_range(sensitivity))
            digits = tuple(map(str, sensitivity.curve.top_digits))
            chart = charts.sensitivity(parameter.title, parameter.unit, digits)
            alt = f"Probability of the most likely digits by {parameter.title.lower()}, {model}"
            st.vega_lite_chart(_rows(sensitivity), chart, alt=alt, key=f"sensitivity-{model}")


def describe_range(sensitivity: Sensitivity) -> str:
    """Return the range in which a prediction holds, as a sentence in Markdown."""
    current, parameter = sensitivity.current, sensitivity.curve.parameter
    outcome = "finds no ink" if current.verdict is Verdict.BLANK else "rejects the drawing"
    result = f"predicts **{current.text}**" if current.text else f"**{outcome}**"
    sign = "+" if parameter.low < 0 else ""
    # Zero has no sign, whichever side it was rounded from.
    low, high = (f"{value:{sign if value else ''}}".replace("-", "−") for value in map(round, sensitivity.holds))
    extent = f"from {low}{parameter.unit} to {high}{parameter.unit}"
    if sensitivity.holds_everywhere:
        extent = "over the whole range"
    marks = " ✕ marks a rejected drawing." if _rejected(sensitivity.curve) else ""
    return f"{current.model} {result} {extent}.{marks}"


def _rows(sensitivity: Sensitivity) -> pd.DataFrame:
    # The predicted digit gets a solid line.
    digits = sorted(sensitivity.curve.top_digits, key=lambda digit: str(digit) != sensitivity.current.label)
    rows = [
        {"value": value, "digit": str(digit), "rank": rank, "probability": _probability(prediction, digit)}
        for rank, digit in enumerate(digits)
        for value, prediction in zip(sensitivity.curve.values, sensitivity.curve.predictions, strict=True)
    ]
    low, high = sensitivity.holds
    rejected = [{"rejected": value} for value in _rejected(sensitivity.curve)]
    return pd.DataFrame([*rows, *rejected, {"low": low, "high": high, "now": sensitivity.now}])


def _rejected(curve: Curve) -> list[float]:
    values = zip(curve.values, curve.predictions, strict=True)
    return [value for value, prediction in values if prediction.verdict is Verdict.NOT_A_DIGIT]


def _probability(prediction: Prediction, digit: int) -> float:
    return prediction.probabilities[digit] if prediction.probabilities else 0.0


def _table(sensitivities: list[Sensitivity]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": prediction.model,
                sensitivity.curve.parameter.name: value,
                "prediction": prediction.text,
                "verdict": str(prediction.verdict),
                **{f"p{digit}": _probability(prediction, digit) for digit in range(10)},
            }
            for sensitivity in sensitivities
            for value, prediction in zip(sensitivity.curve.values, sensitivity.curve.predictions, strict=True)
        ]
    )
