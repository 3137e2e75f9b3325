"""The result of recognizing a number: the number, its verdict and confidence, and the place of each digit."""

import html
from dataclasses import replace

import numpy as np
from PIL import Image

from digitrec.imaging.trace import render_step
from digitrec.prediction import NON_DIGIT, NumberDigit, NumberPrediction, NumberVerdict, percent
from digitrec.web.shared.bar import bar
from digitrec.web.shared.figures import data_url
from digitrec.web.shared.names import BLANK, VERDICT_NAMES, VERDICT_SIGNS

_LARGEST_DIGIT = 160  # The font size at which one digit would fill its column, in percent of the column's width.
_MAX_REGULAR_CELLS = 6  # Longer numbers get small cells.
_NOTABLE = 0.001  # Alternatives that are less likely are left out.
_MAX_IMAGE_SIDE = 600  # The largest side of the image with its boxes, in pixels.


def number_html(prediction: NumberPrediction | None, message: tuple[str, str]) -> str:
    """Return a number, its image with a box around each digit, and the probabilities; without a number, a message."""
    if prediction:
        title, detail = describe(prediction)
        headline = _headline(prediction.text, f"{VERDICT_SIGNS[prediction.verdict]} {title}".lstrip(), detail)
    else:
        headline = _headline("", *message)
    return headline + _image_with_boxes(prediction) + _cells(prediction.digits if prediction else ())


def describe(prediction: NumberPrediction) -> tuple[str, str]:
    """Return the verdict and a few sentences about it."""
    if prediction.verdict is NumberVerdict.BLANK:
        return BLANK, "No ink found: nothing on the line stands out from the paper."
    title, confidence = VERDICT_NAMES[prediction.verdict], percent(prediction.confidence)
    others = [
        f"{other.text or 'no number'} ({percent(other.probability)})"
        for other in prediction.alternatives
        if other.probability >= _NOTABLE
    ]
    alternatives = f"Alternatives: {', '.join(others)}." if others else ""
    if prediction.verdict is NumberVerdict.NOT_A_NUMBER:
        if set(prediction.label) <= {NON_DIGIT}:
            reasons = prediction.doubts or ("It may be letters, a scribble or a shape.",)
            return title, _join("Nothing here looks like a digit.", *reasons)
        guess = f"Best guess: {prediction.label} ({confidence})."
        return title, _join("No number is likely enough to be accepted.", guess, alternatives)
    legend = f"{NON_DIGIT} marks a character that is not a digit." if NON_DIGIT in prediction.label else ""
    return title, _join(
        f"{confidence} confidence that every character is right.", alternatives, legend, *prediction.doubts
    )


def _join(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _headline(number: str, verdict: str, detail: str) -> str:
    large = html.escape(number) or '<span class="nothing" aria-hidden="true">?</span>'
    size = f"min(5rem, {_LARGEST_DIGIT / max(len(number), 1):.2f}cqw)"
    return (
        f'<div class="number-headline"><div style="font-size:{size}">{large}</div></div>'
        f'<div><div class="verdict">{html.escape(verdict)}</div><div>{html.escape(detail)}</div></div>'
    )


def _image_with_boxes(prediction: NumberPrediction | None) -> str:
    image = ""
    if prediction and prediction.digits:
        url = data_url(_draw_boxes(prediction), _MAX_IMAGE_SIDE)
        image = f'<img src="{url}" alt="Input with a box around each digit">'
    return f'<div class="boxes">{image}</div>'


def _draw_boxes(prediction: NumberPrediction) -> Image.Image:
    """Return the part of the input that holds the number, with a box around each digit."""
    step, boxes = prediction.steps[0], np.array([digit.box for digit in prediction.digits])
    margin = (boxes[:, 3] - boxes[:, 1]).max() / 2
    left, top = np.maximum(boxes[:, :2].min(0) - margin, 0).astype(int)
    right, bottom = np.ceil(boxes[:, 2:].max(0) + margin).astype(int)
    crop = replace(step, image=step.image[top:bottom, left:right])
    return render_step(crop, _MAX_IMAGE_SIDE, [tuple(box) for box in boxes - (left, top, left, top)])


def _cells(digits: tuple[NumberDigit, ...]) -> str:
    cells = "".join(
        f'<div role="listitem"><b>{html.escape(digit.label)}</b><div>{bar(digit.confidence, ".5rem")}</div>'
        f"{html.escape(percent(digit.confidence))}</div>"
        for digit in digits
    )
    style = "cells small" if len(digits) > _MAX_REGULAR_CELLS else "cells"
    return f'<div role="list" aria-label="Probability of each digit" class="{style}">{cells}</div>'
