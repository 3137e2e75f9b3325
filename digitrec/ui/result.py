"""The answer: the digit, how sure the network is, and the ten bars."""

import html

import streamlit as st

from digitrec.recognition.recognition import Recognition, Verdict, percent

# Solid enough on white and on near-black for 3:1, the contrast WCAG asks of graphics.
_ACCENT = "#5b6ee1"
_TRACK = "color-mix(in srgb, currentColor 12%, transparent)"


def show_message(title: str, detail: str) -> None:
    """Show what to do, or why there is no answer, in the place where the answer will be."""
    _show(_headline("", title, detail), ())


def show_result(recognition: Recognition) -> None:
    """Show what was read, in a place whose size never changes."""
    if recognition.verdict is Verdict.BLANK:
        _show(_headline("", "No ink found", "The picture is empty, or too faint to tell from its paper."), ())
    else:
        _show(_headline(recognition.label, *_words(recognition)), recognition.probabilities)


def _words(recognition: Recognition) -> tuple[str, str]:
    confidence = percent(recognition.confidence)
    if recognition.verdict is Verdict.DIGIT:
        return "● Sure", f"{confidence} confidence"
    second = sorted(range(10), key=recognition.probabilities.__getitem__)[-2]
    return "◌ Unsure", f"{confidence} confidence; it may be a {second} ({percent(recognition.probabilities[second])})"


def _headline(digit: str, verdict: str, detail: str) -> str:
    shown = digit or '<span style="opacity:.25" aria-hidden="true">?</span>'
    return (
        '<div role="status" style="display:flex;gap:1.25rem;align-items:center;min-height:7rem">'
        f'<div style="font-size:6rem;line-height:1;font-weight:700;width:4rem;text-align:center">{shown}</div>'
        f'<div><div style="font-size:1.35rem;font-weight:600">{html.escape(verdict)}</div>'
        f"<div>{html.escape(detail)}</div></div></div>"
    )


def _show(headline: str, probabilities: tuple[float, ...]) -> None:
    best = max(range(10), key=probabilities.__getitem__) if probabilities else None
    bars = "".join(_bar(digit, probabilities[digit] if probabilities else None, digit == best) for digit in range(10))
    table = (
        '<div role="list" aria-label="Probability of each digit" '
        f'style="display:grid;gap:.3rem;max-width:34rem">{bars}</div>'
    )
    st.html(headline + table)


def _bar(digit: int, probability: float | None, best: bool) -> str:
    weight = 700 if best else 400
    figure = "" if probability is None else html.escape(percent(probability))
    return (
        '<div role="listitem" style="display:grid;grid-template-columns:1.25rem 1fr 4rem;gap:.75rem;align-items:center;'
        f'font-weight:{weight};font-variant-numeric:tabular-nums">'
        f'<span>{digit}</span><span style="display:block;height:.8rem;border-radius:.4rem;background:{_TRACK}">'
        '<span style="display:block;height:100%;border-radius:.4rem;'
        f'width:{probability or 0:.2%};background:{_ACCENT}"></span></span>'
        f'<span style="text-align:right">{figure}</span></div>'
    )
