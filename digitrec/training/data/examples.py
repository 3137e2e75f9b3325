"""Generate the training examples of the digit and line models, new ones in every epoch."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, cycle, islice
from multiprocessing import get_context
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import NO_DIGITS, Digits, join
from digitrec.datasets.handwriting import Writing
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
from digitrec.training.augmentation.strokes import (
    Ink,
    Points,
    Random,
    augment_strokes,
    careless_zero,
    flagged_one,
)

EXAMPLES_PER_EPOCH = 30_000
PENS_SHARE, NEGATIVES_SHARE = 0.38, 0.37
"""The shares of pen digits and of non-digits; the other examples are scans."""
_KINDS_IN_TURN = Kind.SEVERAL_DIGITS, Kind.LETTER, Kind.SCRIBBLE, Kind.LETTER
"""The kinds of non-digits: half are letters, a quarter several digits and a quarter scribbles."""
UNCHANGED_SHARE = 0.15  # The share of scanned digits that are not augmented.
_IMAGES_SHARE = 0.55
_WRITTEN_SHARE = 0.7  # The share of letters and groups of digits that people wrote, if there are any.
_NOT_DIGITS_SHARE = 0.25  # The share of letters and scribbles that come from images, if there are any.
_CARELESS_ZEROS, _FLAGGED_ONES, _SMALL = 0.05, 0.04, 0.2
_SMALL_SIDES = 16, 64
_STRAY_SHARE, _EMPTY_SHARE = 0.3, 0.02
_PARTS = 16
_MAX_NEGATIVE_BRUSH = 0.1
_MAX_DIGITS = 4

LabeledStrip = tuple[NDArray[np.uint8], str]  # A network input (32, width) and its text.


class Examples(NamedTuple):
    """Network inputs with their digits and kinds."""

    images: NDArray[np.uint8]  # (N, 28, 28)
    labels: NDArray[np.uint8]  # (N,), 0 unless the kind is a digit
    kinds: NDArray[np.uint8]  # (N,), positions in KINDS


@dataclass(frozen=True, slots=True)
class Material:
    """What the examples of an epoch are made of."""

    scans: Digits
    pens: Sequence[PenDigit]
    images: Digits = NO_DIGITS  # Network inputs made from images of digits.
    letters: Sequence[list[Points]] = ()  # Strokes of letters, symbols and words.
    numbers: Sequence[Writing] = ()  # Numbers written as a whole.
    not_digits: Digits = NO_DIGITS
    """Network inputs made from images of no digit, with the positions in KINDS as their labels."""


def make_examples(material: Material, count: int, random: Random) -> Examples:
    """Return ``count`` examples: augmented scans and images, pen digits by writers in turn, and negatives, shuffled."""
    pens = [(pen.label, pen.points()) for pen in material.pens]
    shares = _writer_shares(material.pens)
    examples: list[tuple[NDArray[np.uint8], int, Kind]] = []
    negatives_count, pens_count = round(NEGATIVES_SHARE * count), round(PENS_SHARE * count)
    for _ in range(count - pens_count - negatives_count):
        source = material.images if len(material.images) and random.random() < _IMAGES_SHARE else material.scans
        index = int(random.integers(len(source)))
        scan, label = source.images[index], int(source.labels[index])
        unchanged = random.random() < UNCHANGED_SHARE
        image = scan if unchanged else _network_input(augment_scan(scan, random), random)
        examples.append((image, label, Kind.DIGIT))
    for index in random.choice(len(pens), pens_count, p=shares):
        label, strokes = pens[index]
        chance = random.random()
        if chance < _CARELESS_ZEROS:
            label, strokes = 0, careless_zero(random)
        elif chance < _CARELESS_ZEROS + _FLAGGED_ONES:
            label, strokes = 1, flagged_one(random)
        examples.append((_network_input(_draw(strokes, random), random), label, Kind.DIGIT))
    examples += [(image, 0, kind) for image, kind in _make_negatives(material, negatives_count, random)]
    images, labels, kinds = zip(*(examples[index] for index in random.permutation(len(examples))), strict=True)
    indices = np.array([KINDS.index(kind) for kind in kinds], np.uint8)
    return Examples(np.stack(images), np.array(labels, np.uint8), indices)


def _make_negatives(material: Material, count: int, random: Random) -> Iterator[tuple[NDArray[np.uint8], Kind]]:
    """Yield network inputs of non-digits and their kinds in turn: generated ones, and those that people wrote."""
    negatives, others = Negatives([pen.points() for pen in material.pens]), material.not_digits
    # Longer ones would only be a line at 28×28.
    short_numbers = [number.strokes for number in material.numbers if len(number.label) <= _MAX_DIGITS]
    sources: dict[Kind, tuple[Callable[[Random], list[Points]], Sequence[list[Points]]]] = {
        Kind.SEVERAL_DIGITS: (negatives.several_digits, short_numbers),
        Kind.LETTER: (negatives.letter, material.letters),
        Kind.SCRIBBLE: (negatives.scribble, ()),
    }
    for kind in islice(cycle(_KINDS_IN_TURN), count):
        generate, written = sources[kind]
        images = np.flatnonzero(others.labels == KINDS.index(kind))
        if images.size and random.random() < _NOT_DIGITS_SHARE:
            ink = augment_scan(others.images[random.choice(images)], random)
        elif written and random.random() < _WRITTEN_SHARE:
            ink = _draw(written[int(random.integers(len(written)))], random)
        else:
            ink = augment_strokes(generate(random), random, _MAX_NEGATIVE_BRUSH)
        yield _network_input(ink, random), kind


def _writer_shares(pens: Sequence[PenDigit]) -> NDArray[np.float64]:
    """Return how often each pen digit (N,) is used: writers count by the square root of how many digits they wrote."""
    counts = Counter(pen.writer for pen in pens)
    weights = np.array([counts[pen.writer] ** -0.5 for pen in pens])
    return np.asarray(weights / weights.sum())


def _draw(strokes: list[Points], random: Random) -> Ink:
    """Draw strokes on a canvas, sometimes a small one."""
    if random.random() < _SMALL:
        return augment_strokes(strokes, random, side=int(random.integers(*_SMALL_SIDES)))
    return augment_strokes(strokes, random)


def make_digit_epoch(material: Material, seed: int, epoch: int) -> Examples:
    """Return the examples of one epoch, the same for the same seed and epoch."""
    parts = _make_in_parts(make_examples, material, EXAMPLES_PER_EPOCH, seed, epoch)
    return Examples(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def make_line_epoch(material: Material, count: int, seed: int, epoch: int) -> list[LabeledStrip]:
    """Return the strips of ``count`` lines, the same for the same seed and epoch."""
    scans = join([material.scans, material.images])
    generator = LineGenerator(scans, material.pens, material.numbers, material.letters)
    return list(chain.from_iterable(_make_in_parts(make_strips, generator, count, seed, epoch)))


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


def _strip(ink: Ink, random: Random) -> NDArray[np.float32]:
    strip, _ = straighten(line_from_drawing(np.pad(ink, ((0, 0), tuple(random.integers(0, 12, 2))))))
    return np.zeros((STRIP_HEIGHT, STRIP_HEIGHT), np.float32) if strip is None else strip.image


def _make_in_parts(
    make: Callable[..., Any], source: Material | LineGenerator, count: int, seed: int, epoch: int
) -> list[Any]:
    """Return the parts of an epoch, made on all processors, each with a random generator of its own."""
    seeds = [(seed, epoch, part) for part in range(_PARTS)]
    # Spawned, because a process forked while TensorFlow's threads run would hang.
    with ProcessPoolExecutor(available_cores(), get_context("spawn"), _start, (source,)) as workers:
        return list(workers.map(partial(_make_part, make, count // _PARTS), seeds))


_source: Material | LineGenerator
"""One per worker process: sending it with every part would take longer than making the part."""


def _start(source: Material | LineGenerator) -> None:
    global _source
    cv2.setNumThreads(1)
    _source = source


def _make_part(make: Callable[..., Any], count: int, seed: tuple[int, int, int]) -> Any:
    return make(_source, count, np.random.default_rng(seed))
