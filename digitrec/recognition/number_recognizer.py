"""Recognize the number in a drawing or an image."""

from collections.abc import Iterator, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.files.decode import decode_drawing
from digitrec.imaging.files.decoder_pool import decode_untrusted
from digitrec.imaging.line.detection import HandwrittenLine, find_line, line_from_drawing
from digitrec.imaging.line.marks import are_only_marks, is_dot_or_dash
from digitrec.imaging.line.segmentation import Segment, leftover_components
from digitrec.imaging.line.straightening import Strip, straighten
from digitrec.prediction import (
    NON_DIGIT,
    Box,
    Hypothesis,
    InputMethod,
    NumberDigit,
    NumberPrediction,
    NumberVerdict,
    Step,
)
from digitrec.recognition.ctc import ALPHABET
from digitrec.recognition.digit_recognizer import timed_preprocessing
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_candidates import COLUMN_WIDTH, Candidate, combine_scores, find_candidates
from digitrec.server.metrics import STAGES

_MAX_ALTERNATIVES = 3
_MIN_WRITING_PROBABILITY = 1e-6  # Lower bound for the probability that the line is not empty.
_MIN_NUMBER_PROBABILITY = 0.5  # Lowest number threshold if the empty text is the most likely one.
_MIN_DIGIT_SCORE = 0.5  # A segment with a lower digit score that has parts side by side may be two digits.


class NumberRecognizer:
    """Recognizes numbers with the line model; safe to share between threads."""

    def __init__(self, model: LineModel) -> None:
        self.model = model

    def recognize(self, data: bytes, input_method: InputMethod) -> NumberPrediction:
        """Recognize the number in an image; raises ImageError if it can't be used.

        From the canvas, ``data`` is a PNG of white strokes on black; otherwise it is an image file in any supported
        format, in which the line is located first.
        """
        start = perf_counter()
        with timed_preprocessing():
            line, steps = preprocess_line(data, input_method)
        with STAGES.labels("infer").time():
            return self.recognize_line(line, steps, start)

    def recognize_line(
        self, line: HandwrittenLine, steps: tuple[Step, ...] = (), start: float | None = None
    ) -> NumberPrediction:
        """Recognize the number in a line located by ``steps``. ``start`` is a ``perf_counter`` time, now by default."""
        start = perf_counter() if start is None else start
        card, version = self.model.card, self.model.version
        strip, strip_steps = straighten(line)
        steps += strip_steps
        if strip is None:
            milliseconds = (perf_counter() - start) * 1e3
            return NumberPrediction(NumberVerdict.BLANK, "", 0.0, (), (), steps, card.name, milliseconds, version)
        candidates = find_candidates(line, strip, self.model.network.predict_columns, card.extents, self.model.digits)
        probabilities = combine_scores(candidates, card.digit_weight, card.temperature)
        ranked, maybe_empty = _rank(line, candidates, probabilities)
        candidate, probability = ranked[0]
        digits = _digits(line, strip, candidate, card.digit_weight)
        best = Hypothesis("".join(digit.label for digit in digits), probability)
        alternatives = _alternatives(ranked[1 : 1 + _MAX_ALTERNATIVES], best.text)
        doubts = tuple(_doubts(line, candidate, best.text, maybe_empty))
        threshold = max(card.number_threshold, _MIN_NUMBER_PROBABILITY) if maybe_empty else card.number_threshold
        verdict = number_verdict(best, card.confidence_threshold, threshold, has_doubts=bool(doubts))
        milliseconds = (perf_counter() - start) * 1e3
        return NumberPrediction(verdict, *best, digits, alternatives, steps, card.name, milliseconds, version, doubts)


def preprocess_line(data: bytes, input_method: InputMethod) -> tuple[HandwrittenLine, tuple[Step, ...]]:
    """Return the line in a drawing or an image file and the steps that located it; may raise ImageError."""
    if input_method in (InputMethod.CANVAS, InputMethod.SAMPLE):
        ink, steps = decode_drawing(data)
        return line_from_drawing(ink), steps
    gray, decode_steps = decode_untrusted(data)
    line, line_steps = find_line(gray)
    return line, decode_steps + line_steps


def number_verdict(
    best: Hypothesis, confidence_threshold: float, number_threshold: float, *, has_doubts: bool = False
) -> NumberVerdict:
    """Return the verdict on the most likely text; non-digits and doubts make it *unsure* at best."""
    if not set(best.text) - {NON_DIGIT} or best.probability < number_threshold:
        return NumberVerdict.NOT_A_NUMBER
    if NON_DIGIT in best.text or best.probability < confidence_threshold or has_doubts:
        return NumberVerdict.UNSURE
    return NumberVerdict.NUMBER


def _rank(
    line: HandwrittenLine, candidates: Sequence[Candidate], probabilities: NDArray[np.float64]
) -> tuple[list[tuple[Candidate, float]], bool]:
    """Return the candidates with their probabilities, the most likely first, and whether the line may be empty.

    If the ink is more than dots and dashes, the empty text is ruled out and the probabilities are renormalized.
    """
    ranked = sorted(zip(candidates, map(float, probabilities), strict=True), key=lambda pair: -pair[1])
    empty = sum(probability for candidate, probability in ranked if not candidate.text)
    scale = max(1 - empty, _MIN_WRITING_PROBABILITY)
    non_empty = [(candidate, min(probability / scale, 1.0)) for candidate, probability in ranked if candidate.text]
    if len(non_empty) in (0, len(ranked)) or _has_only_marks(line):
        return ranked, False
    return non_empty, not ranked[0][0].text


def _has_only_marks(line: HandwrittenLine) -> bool:
    return all(is_dot_or_dash(component, [component]) for component in leftover_components(line, ()))


def _doubts(line: HandwrittenLine, best: Candidate, text: str, maybe_empty: bool) -> Iterator[str]:
    if not set(text) - {NON_DIGIT}:
        if _has_only_marks(line):
            yield "There are only dots or dashes."
    elif maybe_empty:
        yield "This may not be a number."
    if line.has_second_line:
        yield "There seems to be more than one line. Only one was recognized. Try one line at a time."
    uncertain = [
        segment for segment, score in zip(best.segments, best.digit_scores(), strict=True) if score < _MIN_DIGIT_SCORE
    ]
    has_leftovers = best.segments and not are_only_marks(leftover_components(line, best.segments), best.segments)
    if has_leftovers or any(segment.has_side_part for segment in uncertain):
        yield "Some ink beside the digits was left out. It may be a digit."


def _are_marks(candidate: Candidate) -> list[bool]:
    """Return for each character whether its shape is that of a dot or dash."""
    return [is_dot_or_dash(segment, candidate.segments) for segment in candidate.segments]


def _text(candidate: Candidate, are_marks: Sequence[bool]) -> str:
    """Return the text of a candidate, with dots and dashes as non-digits."""
    characters = zip(candidate.text, are_marks, strict=True)
    return "".join(NON_DIGIT if is_mark else character for character, is_mark in characters)


def _alternatives(ranked: Sequence[tuple[Candidate, float]], best: str) -> tuple[Hypothesis, ...]:
    """Return the texts of less likely candidates, without duplicates and without the best text."""
    alternatives: dict[str, float] = {}
    for candidate, probability in ranked:
        alternatives.setdefault(_text(candidate, _are_marks(candidate)), probability)
    alternatives.pop(best, None)
    return tuple(Hypothesis(*item) for item in alternatives.items())


def _digits(line: HandwrittenLine, strip: Strip, best: Candidate, weight: float) -> tuple[NumberDigit, ...]:
    combined = best.line_probabilities * best.digit_probabilities**weight
    combined /= combined.sum(1, keepdims=True)
    are_marks = _are_marks(best)
    combined[np.array(are_marks, np.bool_)] = np.eye(len(ALPHABET))[ALPHABET.index(NON_DIGIT)]
    digits = []
    characters = zip(_text(best, are_marks), best.spans, best.segments, best.steps, strict=True)
    for (character, span, segment, steps), probabilities in zip(characters, combined.tolist(), strict=True):
        edges = segment.columns.start, segment.rows.start, segment.columns.stop, segment.rows.stop
        box = Box(*(edge / line.enlargement for edge in edges))
        steps = (_strip_step(strip, span, segment), *steps)
        confidence = probabilities[ALPHABET.index(character)]
        digits.append(NumberDigit(character, confidence, tuple(probabilities), box, steps))
    return tuple(digits)


def _strip_step(strip: Strip, span: tuple[int, int], segment: Segment) -> Step:
    """Return the step that shows a character's part of the strip."""
    edges = segment.columns.start, segment.columns.stop
    first, last = (max(0, round((edge - strip.left) * strip.scale)) for edge in edges)
    image = (strip.image[:, first : max(last, first + 1)] * 255).astype(np.uint8)
    return Step("Part of the strip", image, f"recognized at a point {COLUMN_WIDTH * span[1]} pixels from its left edge")
