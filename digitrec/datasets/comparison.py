"""Compare the accuracy, size and speed of models on all sources of digits."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.recognition.timing import time_calls

_ROUNDS = 50
_MEAN, _SIZE, _TIME = "mean_accuracy", "size_bytes", "milliseconds_per_digit"
_ROW, _MARGIN, _FONT_SIZE = 40, 24, 18
_INK, _PAPER, _RULE = (28, 30, 34), (255, 255, 255), (205, 208, 214)
_BEST, _WORST = np.array((198, 232, 206)), np.array((250, 214, 205))
"""The background of the most and the least accurate model of a source."""


def compare_models(models: Sequence[DigitModel], sources: Iterable[tuple[str, Digits]]) -> pd.DataFrame:
    """Return a row for each model, the most accurate first, with its accuracy on each source, its size and its speed.

    The mean accuracy counts each source equally. The time is the median for one digit on one core.
    """
    accuracy: dict[str, list[float]] = {}
    images = np.zeros((1, 28, 28), np.float32)
    for source, digits in sources:
        images = scale_to_unit(digits.images)
        predicted = (model.classifier.classify(images).probabilities.argmax(1) for model in models)
        accuracy[source] = [float((labels == digits.labels).mean()) for labels in predicted]
    compared = pd.DataFrame(accuracy, index=pd.Index([model.card.name for model in models], name="model"))
    compared[_MEAN] = compared.mean(axis=1)
    compared[_SIZE] = [model.card.size_bytes for model in models]
    single = [image[np.newaxis] for image in images[:10]]
    compared[_TIME] = [float(np.median(time_calls(model.classifier.classify, single, _ROUNDS))) for model in models]
    return compared.sort_values(_MEAN, ascending=False, kind="stable")


def format_table(compared: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison as texts."""
    formats: dict[object, Callable[[float], str]] = {_SIZE: lambda size: f"{size / 1024:,.0f}", _TIME: "{:.2f}".format}
    texts: pd.DataFrame = compared.apply(lambda column: column.map(formats.get(column.name, "{:.2%}".format)))
    titles = {_MEAN: "Mean", _SIZE: "KB", _TIME: "ms/digit"}
    return texts.rename(columns=titles).rename_axis(index=None, columns="Model")


def draw_table(compared: pd.DataFrame) -> Image.Image:
    """Draw a comparison as a table in which the background goes from red to green with the rank on each source."""
    font, table = ImageFont.load_default(_FONT_SIZE), format_table(compared)
    rows: list[tuple[str, ...]] = [(str(table.columns.name), *table), *table.itertuples(name=None)]
    widths = [max(map(font.getlength, cells)) + _MARGIN for cells in zip(*rows, strict=True)]
    edges = np.cumsum([_MARGIN, *widths]).tolist()
    picture = Image.new("RGB", (round(edges[-1]) + _MARGIN, len(rows) * _ROW + 2 * _MARGIN), _PAPER)
    draw = ImageDraw.Draw(picture)
    shares = compared.drop(columns=[_SIZE, _TIME])
    goodness = ((shares - shares.min()) / (shares.max() - shares.min())).fillna(1).to_numpy()
    for number, cells in enumerate(rows):
        top, bottom = _MARGIN + number * _ROW, _MARGIN + (number + 1) * _ROW
        for column, (text, left, right) in enumerate(zip(cells, edges[:-1], edges[1:], strict=True)):
            if number and 1 <= column <= goodness.shape[1]:
                color = _WORST + goodness[number - 1, column - 1] * (_BEST - _WORST)
                draw.rectangle((left, top, right, bottom), tuple(color.round().astype(int).tolist()))
            x, anchor = (right - _MARGIN / 2, "rm") if column else (left + _MARGIN / 2, "lm")
            draw.text((x, (top + bottom) / 2), text, _INK, font, anchor=anchor)
        draw.line((_MARGIN, bottom, edges[-1], bottom), _RULE)
    return picture
