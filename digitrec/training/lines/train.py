"""Train the line model."""

from functools import partial
from pathlib import Path

import keras

from digitrec.config import EVERYHAND, LINE
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.models.cards import LineCard
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE
from digitrec.recognition.models.line_model import LineNetwork
from digitrec.training import card_texts
from digitrec.training.architectures import line
from digitrec.training.data.line_examples import make_epoch
from digitrec.training.data.training_data import load_training_data
from digitrec.training.digits.publish import inference_copy, training_record
from digitrec.training.export import export_litert, layers_of
from digitrec.training.lines.calibrate import (
    Scores,
    find_line_candidates,
    fit_weight_and_temperature,
    measure_extents,
    validation_lines,
)
from digitrec.training.lines.fit import fit_lines
from digitrec.training.trainer import training_fingerprint, training_precision

LINES_PER_EPOCH = 12_000
"""How many lines are generated for each epoch; each is used as drawn on a canvas and as photographed from paper."""
_CARD_WIDTH = 256
"""The width of the strip for which the card states the output shape of each layer."""


def train_line(models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False) -> LineCard:
    """Train the line model, write its folder in ``models`` and return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``. ``runs`` keeps what an interrupted training
    needs to continue. See ``training_precision`` for ``bfloat16``.

    Raises:
        MissingDataError: the data cannot be read.
        ModelError: everyhand, which scores the single digits of a line, is missing or broken.
        TrainingMismatch: ``runs`` holds another training, or is damaged.
    """
    digit_classifier = Classifier(models / EVERYHAND / LITERT_FILE)
    training_data = load_training_data(data, seed)
    keras.utils.set_random_seed(seed)
    with training_precision(bfloat16):
        network, curves = fit_lines(
            line(),
            partial(make_epoch, training_data.scans, training_data.pens, LINES_PER_EPOCH, seed),
            runs / LINE,
            epochs=epochs,
            fingerprint=training_fingerprint(
                training_data.scans, training_data.pens, epochs, LINES_PER_EPOCH, seed, bfloat16
            ),
        )
    network = inference_copy(network, line)
    folder = models / LINE
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantize=True)

    predict_columns = LineNetwork(folder / LITERT_FILE).predict_columns
    extents = measure_extents(training_data, predict_columns, seed)
    validation = [
        find_line_candidates(lines, predict_columns, extents, digit_classifier)
        for lines in validation_lines(training_data, seed)
    ]
    weight, temperature = fit_weight_and_temperature([pair for pairs in validation for pair in pairs])
    scores = [Scores.of(pairs, weight, temperature) for pairs in validation]
    command = (
        f"python -m digitrec train --model {LINE} --data DIR --epochs {epochs} --seed {seed}" + " --bfloat16" * bfloat16
    )
    card = LineCard(
        name=LINE,
        description=card_texts.LINE_DESCRIPTION,
        license=card_texts.LICENSE,
        layers=layers_of(line(_CARD_WIDTH)),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        confidence_threshold=max(score.confidence_threshold() for score in scores),
        number_threshold=min(score.number_threshold() for score in scores),
        extents=extents,
        digit_weight=weight,
        temperature=temperature,
        training=training_record(
            card_texts.line_data(training_data, LINES_PER_EPOCH, sum(map(len, validation))), command, seed, curves
        ),
    )
    card.write(folder)
    return card
