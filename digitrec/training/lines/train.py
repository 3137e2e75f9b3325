"""From data to the folder of the model that reads lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from digitrec.config import EVERYHAND, LINE
from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.straightening import straighten
from digitrec.prediction import NON_DIGIT
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import ALPHABET, align, beam_search
from digitrec.recognition.models.cards import LineCard
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE
from digitrec.recognition.models.line_model import LineNetwork
from digitrec.recognition.number_candidates import (
    Candidate,
    Extents,
    PredictColumns,
    center_column,
    combine_scores,
    find_candidates,
)
from digitrec.training.architectures import line
from digitrec.training.augmentation.lines import Writers, movements
from digitrec.training.data.everyhand import Material, material
from digitrec.training.data.line_examples import epoch_of_strips
from digitrec.training.data.line_sources import Lines, overlapping_squares, pen_lines, photographed_lines
from digitrec.training.digits.evaluate import confidence_for
from digitrec.training.digits.publish import finished, training_of
from digitrec.training.digits.train import LICENSE
from digitrec.training.export import export_litert, layers_of
from digitrec.training.lines.fit import fit_lines
from digitrec.training.trainer import fingerprint_of

LINES_AN_EPOCH = 12_000
"""How many lines are made anew for each epoch; each is seen as on a canvas and as from paper."""
VALIDATION_LINES = 700
"""How many lines of each kind choose temperature and threshold."""
_SURE = 0.99
"""How often the readings of validation lines that are called sure are right."""
_REFUSED = 0.001
"""The share of right readings of validation lines that are refused as no number."""
_LEAST = 1e-4
_SHOWN = 256
"""How wide the strip is for which the card tells what each layer puts out."""


def train_line(models: Path, runs: Path, data: Path, *, epochs: int, seed: int, bfloat16: bool = False) -> LineCard:
    """Train the network that reads lines, write its folder under ``models``, return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, of which the same digits and writers as for
    everyhand are set apart to choose temperature and threshold; the held-out writers take no part at all.
    ``bfloat16`` trains in half the precision, twice as fast on processors that know it.

    Raises:
        DataMissing: the data cannot be read.
        ModelError: everyhand, which is to have a say, is missing or broken.
        RunMismatch: ``runs`` holds a training begun otherwise.
    """
    digits = Classifier(models / EVERYHAND / LITERT_FILE)
    sources = material(data, seed)
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
    network, curves = fit_lines(
        line(),
        lambda epoch: epoch_of_strips(sources.scanned, sources.pens, LINES_AN_EPOCH, seed, epoch),
        runs / LINE,
        epochs=epochs,
        fingerprint=fingerprint_of(sources.scanned, sources.pens, epochs, LINES_AN_EPOCH, seed, bfloat16),
    )
    keras.config.set_dtype_policy("float32")
    network = finished(network, line)
    folder = models / LINE
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantized=True)

    predict_columns = LineNetwork(folder / LITERT_FILE).predict_columns
    extents = _extents(sources, predict_columns, seed)
    validation = [_candidates(lines, predict_columns, extents, digits) for lines in _validation_lines(sources, seed)]
    weight, temperature = chosen_weights([line for lines in validation for line in lines])
    answers = [_Answers.of(lines, weight, temperature) for lines in validation]
    card = LineCard(
        name=LINE,
        description="Reads a line of digits from paper, pens and screens, and tells what is no digit among them; "
        f"{EVERYHAND} has a say on each digit.",
        license=LICENSE,
        layers=layers_of(line(_SHOWN)),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        confidence_threshold=max(answer.confidence_threshold() for answer in answers),
        number_threshold=min(answer.number_threshold() for answer in answers),
        extents=extents,
        digit_weight=weight,
        temperature=temperature,
        training=training_of(
            f"{LINES_AN_EPOCH:,} lines composed anew for every epoch of {len(sources.scanned):,} digits of MNIST's "
            f"training set and {len(sources.pens):,} pen digits of {len({pen.writer for pen in sources.pens})} "
            "writers, each line in one hand and with a spacing of its own, some with dots, dashes, letters or "
            "scribbles among the digits, and each seen twice, as drawn on a canvas and as photographed from paper. On "
            f"{sum(map(len, validation)):,} other lines, of {sources.described_validation}, it was chosen from which "
            "confidence on a number is sure or refused, and what everyhand's judgement weighs",
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


def _extents(sources: Material, predict_columns: PredictColumns, seed: int) -> dict[str, tuple[float, float]]:
    """Where each character begins and ends beside the columns of a strip that tell it, in the middle of all."""
    random = np.random.default_rng(seed)
    writers = Writers(sources.validation_scans, movements(sources.validation_pens))
    ends = {character: [(0.0, 0.0)] for character in ALPHABET}
    for _ in range(VALIDATION_LINES):
        number = writers.number(random)
        strip = straighten(line_from_drawing(number.ink))[0]
        told = predict_columns(strip.image) if strip else None
        if strip and told is not None and beam_search(told, 1)[0].text == number.text:
            places = align(told, [number.text])[0]
            for character, place, (left, _, right, _) in zip(number.text, places, number.boxes, strict=True):
                begin, end = ((edge - strip.left) * strip.scale - center_column(place) for edge in (left, right))
                ends[character].append((begin, end))
    medians = {character: np.median(found, 0) for character, found in ends.items()}
    return {character: (float(begin), float(end)) for character, (begin, end) in medians.items()}


def _candidates(
    lines: Lines, predict_columns: PredictColumns, extents: Extents, digits: Classifier
) -> list[tuple[list[Candidate], str]]:
    pairs = [(line, straighten(line)[0], text) for line, text in lines]
    return [
        (find_candidates(line, strip, predict_columns, extents, digits), text) for line, strip, text in pairs if strip
    ]


def chosen_weights(validation: list[tuple[list[Candidate], str]]) -> tuple[float, float]:
    """What the judgement of single digits weighs, and the temperature, for the likeliest texts of validation lines.

    Where the text is not among the candidates, the likeliest thing to say is that the best of them is wrong.
    """

    def surprise(choice: NDArray[np.float64]) -> float:
        weight, temperature = np.exp(choice)
        total = 0.0
        for found, text in validation:
            probabilities = combine_scores(found, weight, temperature)
            likely = [p for p, candidate in zip(probabilities, found, strict=True) if candidate.text == text]
            total -= np.log(max(likely[0] if likely else 1 - probabilities.max(), _LEAST))
        return total / len(validation)

    best = minimize(surprise, np.log([0.5, 1.0]), method="Nelder-Mead", options={"xatol": 0.02, "fatol": 1e-5})
    weight, temperature = np.exp(best.x)
    return float(weight), float(temperature)


@dataclass(frozen=True, slots=True)
class _Answers:
    """How sure the best readings of validation lines of one kind are, and whether they are right."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    digits_alone: NDArray[np.bool_]

    @classmethod
    def of(cls, validation: list[tuple[list[Candidate], str]], weight: float, temperature: float) -> "_Answers":
        """Those of the candidates of each line, and what it says."""
        probabilities = [combine_scores(found, weight, temperature) for found, _ in validation]
        best = [found[int(p.argmax())].text for p, (found, _) in zip(probabilities, validation, strict=True)]
        return cls(
            np.array([p.max() for p in probabilities]),
            np.array([text == said for text, (_, said) in zip(best, validation, strict=True)]),
            np.array([NON_DIGIT not in text for text in best]),
        )

    def confidence_threshold(self) -> float:
        """The confidence from which readings are right often enough; with no digit among them they are never sure."""
        return confidence_for(_SURE, np.where(self.digits_alone, self.confidence, 0), self.right)

    def number_threshold(self) -> float:
        """The confidence that nearly all right readings have."""
        return float(np.quantile(self.confidence[self.right], _REFUSED)) if self.right.any() else 0.0
