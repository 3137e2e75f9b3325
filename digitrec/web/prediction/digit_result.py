"""The answer: the digit, how sure the network is, and the ten bars."""

import html
from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import Kind, Prediction, Verdict, percent
from digitrec.web.shared.colors import ACCENT, TRACK
from digitrec.web.shared.names import VERDICT_SIGNS

_INSTEAD = {
    Kind.SEVERAL_DIGITS: "It looks like several digits; this reads one at a time.",
    Kind.LETTER: "It looks like a letter.",
    Kind.SCRIBBLE: "It looks like a scribble or a shape.",
}
_NOTABLE = 0.05
_HALF = "flex:1 1 15rem"


def show_message(title: str, detail: str) -> None:
    """Show what to do, or why there is no answer, in the place where the answer will be."""
    st.html(_headline("", title, detail) + _bars(()))


def show_results(predictions: Sequence[Prediction]) -> None:
    """Show what one model read, or what two did side by side, in a place whose size does not change."""
    if len(predictions) == 1:
        st.html(_answer(predictions[0]) + _bars(predictions[0].probabilities))
        return
    first, second = predictions
    says = [f"reads {one.text}" if one.text else "sees no digit" for one in predictions]
    if first.text == second.text:
        title = f"Both read {first.text}" if first.text else "Both see no digit"
    else:
        title = f"They differ: {first.model} {says[0]}, {second.model} {says[1]}"
    # Both answers before the bars of either: on a phone one section stands below the other.
    answers = "".join(f'<section style="{_HALF}">{_named(one)}{_answer(one)}</section>' for one in predictions)
    bars = "".join(
        f'<section style="{_HALF}" aria-label="{html.escape(one.model)}">{_named(one)}'
        f"{_bars(one.probabilities, other.probabilities)}</section>"
        for one, other in ((first, second), (second, first))
    )
    st.html(
        f'<div style="font-size:1.1rem;font-weight:600">{html.escape(title)}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:1rem 2rem">{answers}{bars}</div>'
    )


def announcement(predictions: Sequence[Prediction]) -> str:
    """What was read, in words for who listens to the page; of two models, each with its name."""
    says = [". ".join(filter(None, (one.text, *_words(one)))) for one in predictions]
    if len(says) == 1:
        return says[0]
    return " ".join(f"{one.model}: {said.rstrip('.')}." for one, said in zip(predictions, says, strict=True))


def _named(prediction: Prediction) -> str:
    return f'<div style="font-weight:600;opacity:.75">{html.escape(prediction.model)}</div>'


def _answer(prediction: Prediction) -> str:
    title, detail = _words(prediction)
    return _headline(prediction.text, f"{VERDICT_SIGNS[prediction.verdict]} {title}".lstrip(), detail)


def _words(prediction: Prediction) -> tuple[str, str]:
    if prediction.verdict is Verdict.BLANK:
        return (
            "No ink found",
            "Nothing stands out from the paper. Photograph it closer, in even light, without a shadow across it.",
        )
    confidence = percent(prediction.confidence)
    if prediction.reason:
        return (
            "Not a digit",
            f"{_INSTEAD[prediction.reason]} If it were one digit: {prediction.label} ({confidence})",
        )
    if prediction.verdict is Verdict.DIGIT:
        return "Sure", f"{confidence} confidence"
    second = sorted(range(10), key=prediction.probabilities.__getitem__)[-2]
    return "Unsure", f"{confidence} confidence; it may be a {second} ({percent(prediction.probabilities[second])})"


def _headline(digit: str, verdict: str, detail: str) -> str:
    shown = digit or '<span style="opacity:.25" aria-hidden="true">?</span>'
    return (
        '<div style="display:flex;gap:1.25rem;align-items:center;min-height:7rem">'
        f'<div style="font-size:6rem;line-height:1;font-weight:700;width:4rem;text-align:center">{shown}</div>'
        f'<div><div style="font-size:1.35rem;font-weight:600">{html.escape(verdict)}</div>'
        f"<div>{html.escape(detail)}</div></div></div>"
    )


def _bars(probabilities: Sequence[float], other: Sequence[float] = ()) -> str:
    best = max(range(10), key=probabilities.__getitem__) if probabilities else None
    bars = "".join(
        _bar(
            digit,
            probabilities[digit] if probabilities else None,
            digit == best,
            bool(probabilities and other) and abs(probabilities[digit] - other[digit]) >= _NOTABLE,
        )
        for digit in range(10)
    )
    return (
        '<div role="list" aria-label="Probability of each digit" '
        f'style="display:grid;gap:.3rem;max-width:34rem">{bars}</div>'
    )


def _bar(digit: int, probability: float | None, best: bool, differs: bool) -> str:
    weight = 700 if best else 400
    figure = "" if probability is None else ("≠ " if differs else "") + html.escape(percent(probability))
    return (
        '<div role="listitem" style="display:grid;grid-template-columns:1.25rem 1fr 4.75rem;gap:.75rem;'
        f'align-items:center;font-weight:{weight};font-variant-numeric:tabular-nums">'
        f'<span>{digit}</span><span style="display:block;height:.8rem;border-radius:.4rem;background:{TRACK}">'
        '<span style="display:block;height:100%;border-radius:.4rem;'
        f'width:{probability or 0:.2%};background:{ACCENT}"></span></span>'
        f'<span style="text-align:right">{figure}</span></div>'
    )
