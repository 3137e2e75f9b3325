"""Generate the training examples of the digit and line models, new ones in every epoch."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.straightening import STRIP_HEIGHT, straighten
from digitrec.imaging.normalize import normalize
from digitrec.prediction import KINDS, Kind
from digitrec.server.cores import available_cores
from digitrec.training.augmentation.lines import LineGenerator
from digitrec.training.augmentation.negatives import Negatives
from digitrec.training.augmentation.photos import add_paper_noise, add_stray_marks
from digitrec.training.augmentation.scans import augment_scan, degrade
from digitrec.training.augmentation.strokes import Ink, Points, Random, augment_strokes

PENS_SHARE = 0.9
"""Pen digits per scanned digit."""
NEGATIVES_SHARE = 0.45
"""Non-digits per scanned digit."""
UNCHANGED_SHARE = 0.15
"""The share of scanned digits that are not augmented."""
_STRAY_SHARE, _EMPTY_SHARE = 0.3, 0.02
_PARTS = 16
_MAX_NEGATIVE_BRUSH = 0.1

LabeledStrip = tuple[NDArray[np.uint8], str]
"""A network input (32, width) and its text."""


class Examples(NamedTuple):
    """Network inputs with their digits and kinds."""

    images: NDArray[np.uint8]  # (N, 28, 28)
    labels: NDArray[np.uint8]  # (N,), 0 unless the kind is a digit
    kinds: NDArray[np.uint8]  # (N,), positions in KINDS


def make_examples(scans: Digits, pens: Sequence[tuple[int, list[Points]]], random: Random) -> Examples:
    """Return augmented scans (28, 28), pen digits (their labels and strokes) and negatives, shuffled."""
    negatives = Negatives([strokes for _, strokes in pens])
    generators = (
        (Kind.SEVERAL_DIGITS, negatives.several_digits),
        (Kind.LETTER, negatives.letter),
        (Kind.SCRIBBLE, negatives.scribble),
    )
    examples: list[tuple[NDArray[np.uint8], int, Kind]] = []
    for scan, label in zip(scans.images, scans.labels, strict=True):
        unchanged = random.random() < UNCHANGED_SHARE
        image = scan if unchanged else _network_input(augment_scan(scan, random), random)
        examples.append((image, label, Kind.DIGIT))
    for _ in range(round(PENS_SHARE * len(scans))):
        label, strokes = pens[int(random.integers(len(pens)))]
        examples.append((_network_input(augment_strokes(strokes, random), random), label, Kind.DIGIT))
    for number in range(round(NEGATIVES_SHARE * len(scans))):
        kind, generate = generators[number % len(generators)]
        ink = augment_strokes(generate(random), random, _MAX_NEGATIVE_BRUSH)
        examples.append((_network_input(ink, random), 0, kind))
    images, labels, kinds = zip(*(examples[index] for index in random.permutation(len(examples))), strict=True)
    indices = np.array([KINDS.index(kind) for kind in kinds], np.uint8)
    return Examples(np.stack(images), np.array(labels, np.uint8), indices)


def make_digit_epoch(scans: Digits, pens: Sequence[PenDigit], seed: int, epoch: int) -> Examples:
    """Return the examples of one epoch, generated on all processors and the same for the same seed and epoch."""
    strokes = [(pen.label, pen.points()) for pen in pens]
    order = np.random.default_rng((seed, epoch)).permutation(len(scans))
    parts = [scans.take(part) for part in np.array_split(order, _PARTS)]
    generators = [np.random.default_rng((seed, epoch, part)) for part in range(_PARTS)]
    # Spawned, because a process forked while TensorFlow's threads run would hang.
    with ProcessPoolExecutor(available_cores(), get_context("spawn"), cv2.setNumThreads, (1,)) as workers:
        made = list(workers.map(make_examples, parts, [strokes] * _PARTS, generators))
    return Examples(*(np.concatenate(arrays) for arrays in zip(*made, strict=True)))


def _network_input(ink: Ink, random: Random) -> NDArray[np.uint8]:
    image = normalize(degrade(ink, random))[0]
    return np.round(image * 255).astype(np.uint8)


def make_strips(generator: LineGenerator, count: int, random: Random) -> list[LabeledStrip]:
    """Return strips of ``count`` lines, each once as drawn on a canvas and once as photographed from paper."""
    strips = []
    for _ in range(count):
        line = generator.number(random)
        text = line.text
        drawn = _strip(line.ink, random)
        photographed = _strip(add_stray_marks(line.ink, random), random) if random.random() < _STRAY_SHARE else drawn
        if random.random() < _EMPTY_SHARE:
            drawn, text = np.zeros_like(drawn), ""
            photographed = drawn
        # CTC needs a column for a blank between equal neighbors, and some at both ends.
        if min(drawn.shape[1], photographed.shape[1]) >= 4 * len(text) + 4:
            images = drawn, add_paper_noise(photographed, random)
            strips += [(np.round(image * 255).astype(np.uint8), text) for image in images]
    return strips


def make_line_epoch(scans: Digits, pens: Sequence[PenDigit], count: int, seed: int, epoch: int) -> list[LabeledStrip]:
    """Return the strips of ``count`` lines, generated on all processors and the same for the same seed and epoch."""
    seeds = [(seed, epoch, part) for part in range(_PARTS)]
    with ProcessPoolExecutor(available_cores(), get_context("spawn"), _start, (scans, pens)) as workers:
        return list(chain.from_iterable(workers.map(_make_part, seeds, [count // _PARTS] * _PARTS)))


def _strip(ink: Ink, random: Random) -> NDArray[np.float32]:
    strip, _ = straighten(line_from_drawing(np.pad(ink, ((0, 0), tuple(random.integers(0, 12, 2))))))
    return np.zeros((STRIP_HEIGHT, STRIP_HEIGHT), np.float32) if strip is None else strip.image


_generator: LineGenerator
"""One per worker process: sending the data with every part would take longer than generating the part."""


def _start(scans: Digits, pens: Sequence[PenDigit]) -> None:
    global _generator
    cv2.setNumThreads(1)
    _generator = LineGenerator(scans, pens)


def _make_part(seed: tuple[int, int, int], count: int) -> list[LabeledStrip]:
    return make_strips(_generator, count, np.random.default_rng(seed))
