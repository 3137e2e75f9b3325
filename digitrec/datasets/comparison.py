"""Compare the accuracy, size and speed of models over all sources of digits."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.recognition.timing import time_calls

_ROUNDS = 50
_ROW, _MARGIN, _FONT_SIZE = 40, 24, 18
_INK, _PAPER, _RULE = (28, 30, 34), (255, 255, 255), (205, 208, 214)
_BEST, _WORST = np.array((198, 232, 206)), np.array((250, 214, 205))
"""The background of the most and the least accurate model of a source."""


class ComparedModel(NamedTuple):
    """A model and its measurements."""

    name: str
    accuracy: dict[str, float]
    """By name of the source."""
    mean_accuracy: float
    """The mean over the sources, each counted equally."""
    size_bytes: int
    milliseconds: float
    """Median time to classify one digit on one core."""


def compare_models(models: Sequence[DigitModel], sources: Iterable[tuple[str, Digits]]) -> list[ComparedModel]:
    """Evaluate models on sources of digits and return them with their measurements, the most accurate first."""
    accuracy: dict[str, dict[str, float]] = {model.card.name: {} for model in models}
    images = np.zeros((1, 28, 28), np.float32)
    for source, digits in sources:
        images = scale_to_unit(digits.images)
        for model in models:
            predicted = model.classifier.classify(images).probabilities.argmax(1)
            accuracy[model.card.name][source] = float((predicted == digits.labels).mean())
    single = [image[np.newaxis] for image in images[:10]]
    compared = [
        ComparedModel(
            model.card.name,
            accuracy[model.card.name],
            float(np.mean(list(accuracy[model.card.name].values()))),
            model.card.size_bytes,
            float(np.median(time_calls(model.classifier.classify, single, _ROUNDS))),
        )
        for model in models
    ]
    return sorted(compared, key=lambda model: model.mean_accuracy, reverse=True)


def header(compared: Sequence[ComparedModel]) -> list[str]:
    """Return the names of the columns of a comparison."""
    return ["Model", *compared[0].accuracy, "Mean", "KB", "ms/digit"]


def row(model: ComparedModel) -> list[str]:
    """Return the texts of one row of a comparison."""
    shares = [f"{share:.2%}" for share in (*model.accuracy.values(), model.mean_accuracy)]
    return [model.name, *shares, f"{model.size_bytes / 1024:,.0f}", f"{model.milliseconds:.2f}"]


def write_csv(compared: Sequence[ComparedModel], path: Path) -> None:
    """Write a comparison to a CSV file, with accuracies as fractions and sizes in bytes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["model", *compared[0].accuracy, "mean_accuracy", "size_bytes", "milliseconds_per_digit"])
        for model in compared:
            shares = [f"{share:.5f}" for share in (*model.accuracy.values(), model.mean_accuracy)]
            writer.writerow([model.name, *shares, model.size_bytes, f"{model.milliseconds:.3f}"])


def draw_table(compared: Sequence[ComparedModel]) -> Image.Image:
    """Draw a comparison as a table in which the background goes from red to green with the rank on each source."""
    font = ImageFont.load_default(_FONT_SIZE)
    table = [header(compared), *map(row, compared)]
    widths = [max(font.getlength(cells[column]) for cells in table) + _MARGIN for column in range(len(table[0]))]
    size = (round(sum(widths)) + 2 * _MARGIN, (len(table)) * _ROW + 2 * _MARGIN)
    picture = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(picture)
    shares = np.array([[*model.accuracy.values(), model.mean_accuracy] for model in compared])
    low, high = shares.min(0), shares.max(0)
    goodness = np.where(high > low, (shares - low) / np.maximum(high - low, 1e-9), 1)
    for number, cells in enumerate(table):
        left, top = float(_MARGIN), _MARGIN + number * _ROW
        for column, (text, width) in enumerate(zip(cells, widths, strict=True)):
            if number and 1 <= column <= shares.shape[1]:
                share = goodness[number - 1, column - 1]
                color = tuple(int(value) for value in np.round(_WORST + share * (_BEST - _WORST)))
                draw.rectangle((left, top, left + width, top + _ROW), fill=color)
            at, anchor = (left + _MARGIN / 2, "lm") if column == 0 else (left + width - _MARGIN / 2, "rm")
            draw.text((at, top + _ROW / 2), text, _INK, font, anchor=anchor)
            left += width
        draw.line((_MARGIN, top + _ROW, size[0] - _MARGIN, top + _ROW), _RULE)
    return picture
