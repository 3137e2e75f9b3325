"""From data to the folder of the model that reads lines."""

from collections.abc import Iterable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from digitrec.imaging.line import strip_of
from digitrec.recognition.ctc import readings
from digitrec.recognition.line_models import LineCard, LineNetwork
from digitrec.recognition.models import KERAS_FILE, LITERT_FILE
from digitrec.recognition.number import OTHER
from digitrec.settings import LINE
from digitrec.training.architectures import line
from digitrec.training.data import scaled
from digitrec.training.evaluate import confidence_for
from digitrec.training.export import export_litert, layers_of
from digitrec.training.fresh import fingerprint_of
from digitrec.training.line_fit import batches_of, ctc_loss, fit_lines
from digitrec.training.line_mixture import Strips, epoch_of_strips
from digitrec.training.line_sources import Lines, overlapping_squares, pen_lines, photographed_lines
from digitrec.training.material import Material, material
from digitrec.training.publish import finished, training_of
from digitrec.training.recipe import LICENCE

LINES_AN_EPOCH = 12_000
"""How many lines are made anew for each epoch; each is seen as on a canvas and as from paper."""
VALIDATION_LINES = 700
"""How many lines of each kind choose temperature and threshold."""
_SURE = 0.998


def train_line(
    models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False, lines: int = LINES_AN_EPOCH
) -> LineCard:
    """Train the network that reads lines, write its folder under ``models``, return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, of which the same digits and writers as for
    everyhand are set apart to choose temperature and threshold; the held-out writers take no part at all.
    ``bfloat16`` trains in half the precision, twice as fast on processors that know it.

    Raises:
        DataMissing: the data cannot be read.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    sources = material(data, seed)
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
    network, curves = fit_lines(
        line(),
        lambda epoch: epoch_of_strips(sources.scanned, sources.pens, lines, seed, epoch),
        runs / LINE,
        epochs=epochs,
        fingerprint=fingerprint_of(sources.scanned, sources.pens, epochs, lines, seed, bfloat16),
    )
    keras.config.set_dtype_policy("float32")
    network = finished(network, line)
    validation = [_strips(kind) for kind in _validation_lines(sources, seed)]
    _calibrate(network, validation)

    folder = models / LINE
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantized=True)
    reader = LineNetwork(folder / LITERT_FILE)
    card = LineCard(
        name=LINE,
        description="Reads a line of digits from paper, pens and screens, and tells what is no digit among them.",
        licence=LICENCE,
        layers=layers_of(network),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        sure_from=max(_sure_from(reader, strips) for strips in validation),
        training=training_of(
            f"{len(sources.scanned)} digits of MNIST's training set and {len(sources.pens)} pen digits of "
            f"{len({pen.writer for pen in sources.pens})} writers in {lines} lines anew in every epoch, in all hands "
            "and spacings, with dots, dashes, letters and scribbles, as on a canvas and as from paper; "
            f"{sum(map(len, validation))} lines of {sources.described_validation} chose temperature and threshold",
            f"python -m digitrec train --model {LINE} --data DIR --epochs {epochs} --seed {seed}"
            + " --bfloat16" * bfloat16,
            seed,
            curves,
        ),
    )
    card.write(folder)
    return card


def _validation_lines(sources: Material, seed: int) -> Iterable[Lines]:
    random = np.random.default_rng(seed)
    scans = sources.validation_scans
    yield overlapping_squares(scans, VALIDATION_LINES, random)
    yield pen_lines(sources.validation_pens, VALIDATION_LINES, random)
    yield photographed_lines(sources.validation_pens, VALIDATION_LINES, random)


def _strips(lines: Lines) -> Strips:
    pairs = [(strip_of(line)[0], text) for line, text in lines]
    found = [(strip, text) for strip, text in pairs if strip]
    return Strips([np.round(strip.picture * 255).astype(np.uint8) for strip, _ in found], [text for _, text in found])


def _calibrate(network: keras.Model, validation: list[Strips]) -> None:
    """Scale the logits so that the texts of validation lines are the likeliest (Guo et al. 2017)."""
    random = np.random.default_rng(0)
    told: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = [
        (texts, network.predict_on_batch(pictures))
        for strips in validation
        for pictures, texts in batches_of(strips, random)
    ]

    def surprise(heat: float) -> float:
        return float(
            sum(
                tf.reduce_sum(ctc_loss(texts, tf.nn.softmax(tf.math.log(columns + 1e-7) / heat)))
                for texts, columns in told
            )
        )

    heat = minimize_scalar(surprise, bounds=(0.5, 4), method="bounded", options={"xatol": 0.01}).x
    logits = network.get_layer("logits")
    logits.set_weights([weights / heat for weights in logits.get_weights()])


def _sure_from(network: LineNetwork, strips: Strips) -> float:
    best = [readings(network.tell(scaled(picture)), 1)[0] for picture in strips.pictures]
    right = [reading.text == text for reading, text in zip(best, strips.texts, strict=True)]
    # What has something in it that is no digit is never sure.
    confidence = [0.0 if OTHER in reading.text else reading.probability for reading in best]
    return confidence_for(_SURE, np.array(confidence), np.array(right))
