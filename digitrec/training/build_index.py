"""Build the index of training digits for a model."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from digitrec.config import BASELINE
from digitrec.datasets.digits import join, load_mnist, scale_to_unit, split
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, load_pen_digits
from digitrec.datasets.sources import normalize_digits, render_pen_digits
from digitrec.errors import MissingDataError, ModelBroken
from digitrec.recognition.exploration.digit_index import INDEX_FILE, DigitIndex
from digitrec.recognition.feature_maps import FEATURES_FILE, load_feature_maps
from digitrec.recognition.models.cards import read_card
from digitrec.recognition.models.digit_model import version_of
from digitrec.training.tsne import embed_in_plane

DIGITS_IN_INDEX = 3000
_PEN_SHARE = 1 / 3  # Share of pen digits in the index of a model that was trained on them.
_VALIDATION_SHARE = 1 / 5
"""No model was trained on this last part of MNIST's training digits, as ``split`` divides them with seed 0."""
_MNIST_LICENSE = (
    "Images from MNIST (Yann LeCun, Corinna Cortes and Christopher J. C. Burges) are licensed under CC BY-SA 3.0."
)
_PENS_LICENSE = (
    "Images from Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI) are licensed under "
    "CC BY 4.0."
)


def build_index(name: str, models: Path, data: Path, count: int = DIGITS_IN_INDEX) -> DigitIndex:
    """Write the index of a model from MNIST's training digits and, if it was trained on them, pen digits.

    It holds about ``count`` digits, spread evenly over labels and writers. Raises MissingDataError, or ModelBroken if
    the model has no embedding.
    """
    folder = models / name
    feature_maps = load_feature_maps(name, models)
    if not feature_maps or not feature_maps.has_embedding:
        raise ModelBroken(f"The model {name} has no embedding, so it can't have an index.", folder)
    has_pens = name != BASELINE and "pen digits" in read_card(name, models).training.data
    if has_pens and not (data / PEN_DIGITS_FILE).is_file():
        raise MissingDataError(f"There is no {PEN_DIGITS_FILE} in {data}, which {name} was trained on.")
    pen_count = round(count * _PEN_SHARE) if has_pens else 0
    scans, _ = split(load_mnist(data)[0], _VALIDATION_SHARE, 0)
    scans = scans.take(_balanced(scans.labels, count - pen_count))
    parts, sources, source = [normalize_digits(scans)], ["MNIST"], [np.zeros(len(scans), np.uint8)]
    if has_pens:
        pens = load_pen_digits(data, Part.TRAINING)
        # The same number of each label and writer.
        groups = np.array([10 * int(pen.writer) + pen.label for pen in pens])
        pens = [pens[position] for position in _balanced(groups, pen_count)]
        writers = sorted({pen.writer for pen in pens})
        parts.append(render_pen_digits(pens))
        sources += [f"pen digits, writer {writer}" for writer in writers]
        source.append(np.array([1 + writers.index(pen.writer) for pen in pens], np.uint8))
    digits = join(parts)
    features = feature_maps.embed(scale_to_unit(digits.images))
    index = DigitIndex.build(
        images=digits.images,
        labels=digits.labels,
        source=np.concatenate(source),
        sources=sources,
        features=features,
        map=embed_in_plane(features),
        license=f"{_MNIST_LICENSE} {_PENS_LICENSE}" if has_pens else _MNIST_LICENSE,
        version=version_of(folder / FEATURES_FILE),
    )
    index.write(folder / INDEX_FILE)
    return index


def _balanced(groups: NDArray[np.integer], count: int) -> NDArray[np.intp]:
    """Return the positions of at most ``count`` items, the first ones of each group in turn."""
    turn = pd.Series(groups).groupby(groups).cumcount().to_numpy()
    return np.sort(np.argsort(turn, kind="stable")[:count])
