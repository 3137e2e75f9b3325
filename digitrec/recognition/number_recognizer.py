"""The one way in for numbers: from a drawing or a picture of a line to what it reads."""

from collections.abc import Iterator, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from digitrec.errors import ImageError
from digitrec.imaging.decode import decode_drawing, decode_image
from digitrec.imaging.line.detection import HandwrittenLine, find_line, line_from_drawing
from digitrec.imaging.line.marks import Slash, classify_slash, is_dot_or_dash, is_larger_than_a_mark
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
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.line_model import LineModel
from digitrec.recognition.number_candidates import COLUMN_WIDTH, Candidate, combine_scores, find_candidates
from digitrec.server.metrics import REFUSALS, STAGES

_ALTERNATIVES = 3
_LEAST = 1e-6
"""That anything is written is at least this probable."""
_RATHER = 0.5
"""What is taken for nothing at all rather than for writing is a number only if it is this likely, were it writing."""
_UNLIKE = 0.5
"""Parts beside each other that look so little like what is told there, 0 to 1, may be two digits."""


class NumberRecognizer:
    """Reads numbers with the model of lines; safe to share between threads."""

    def __init__(self, model: LineModel) -> None:
        self.model = model

    def recognize(self, data: bytes, input_method: InputMethod) -> NumberPrediction:
        """What the picture of one line says.

        From the canvas ``data`` is a PNG of white strokes on black; from elsewhere it is a picture file of any kind,
        in which the line has to be found first.

        Raises:
            ImageError: the picture cannot be read; its message says why and what to do.
        """
        start = perf_counter()
        try:
            with STAGES.labels("preprocess").time():
                line, steps = preprocess_line(data, input_method)
        except ImageError as error:
            # Nothing else of such a picture is kept.
            REFUSALS.labels(error.reason).inc()
            raise
        with STAGES.labels("infer").time():
            return self.recognize_line(line, steps, start)

    def recognize_line(
        self, line: HandwrittenLine, steps: tuple[Step, ...] = (), start: float | None = None
    ) -> NumberPrediction:
        """What a line says that was found by these steps, begun at this time of ``perf_counter``."""
        start = perf_counter() if start is None else start
        card = self.model.card
        strip, normalizing = straighten(line)
        verdict = NumberVerdict.BLANK
        best = Hypothesis("", 0.0)
        others: tuple[Hypothesis, ...] = ()
        digits: tuple[NumberDigit, ...] = ()
        doubts: tuple[str, ...] = ()
        if strip is not None:
            found = find_candidates(line, strip, self.model.network.predict_columns, card.extents, self.model.digits)
            likely, maybe_nothing = _likely(line, found, combine_scores(found, card.digit_weight, card.temperature))
            chosen, probability = likely[0]
            slashes = _slashes(chosen)
            digits = _digits(line, strip, chosen, card.digit_weight, _none(chosen, slashes))
            best = Hypothesis("".join(digit.label for digit in digits), probability)
            others = _others(likely[1 : 1 + _ALTERNATIVES], best.text)
            doubts = tuple(_doubts(line, chosen, best.text, slashes, maybe_nothing))
            number_threshold = max(card.number_threshold, _RATHER) if maybe_nothing else card.number_threshold
            verdict = number_verdict(best, card.confidence_threshold, number_threshold, doubted=bool(doubts))
        return NumberPrediction(
            verdict=verdict,
            label=best.text,
            confidence=best.probability,
            digits=digits,
            alternatives=others,
            steps=steps + normalizing,
            model=card.name,
            milliseconds=(perf_counter() - start) * 1e3,
            model_version=self.model.version,
            doubts=doubts,
        )


AnyRecognizer = DigitRecognizer | NumberRecognizer


def preprocess_line(data: bytes, input_method: InputMethod) -> tuple[HandwrittenLine, tuple[Step, ...]]:
    """The line on a drawing or in a picture file, and every step that found it; needs no model.

    Raises:
        ImageError: as ``NumberRecognizer.recognize`` does.
    """
    if input_method in (InputMethod.CANVAS, InputMethod.SAMPLE):
        ink, steps = decode_drawing(data)
        return line_from_drawing(ink), steps
    gray, decoding = decode_image(data)
    line, finding = find_line(gray)
    return line, decoding + finding


def _likely(
    line: HandwrittenLine, found: Sequence[Candidate], probabilities: NDArray[np.float64]
) -> tuple[list[tuple[Candidate, float]], bool]:
    """The candidates with their probabilities, the likeliest first, and whether nothing at all was likelier still.

    Where more is written than dots and dashes it says something, and the probabilities are given that it does.
    """
    ordered = sorted(zip(found, map(float, probabilities), strict=True), key=lambda pair: -pair[1])
    nothing = sum(share for one, share in ordered if not one.text)
    told = [(one, min(share / max(1 - nothing, _LEAST), 1.0)) for one, share in ordered if one.text]
    if len(told) in (0, len(ordered)) or _only_marks(line):
        return ordered, False
    return told, not ordered[0][0].text


def _only_marks(line: HandwrittenLine) -> bool:
    """Whether all that is written are dots and dashes."""
    return all(is_dot_or_dash(part, [part]) for part in leftover_components(line, ()))


def _slashes(best: Candidate) -> list[Slash]:
    """For each character whether it is a slash rather than a 1."""
    return [
        classify_slash(cut, best.cuts[:place] + best.cuts[place + 1 :]) if character == "1" else Slash.NO
        for place, (character, cut) in enumerate(zip(best.text, best.cuts, strict=True))
    ]


def _doubts(
    line: HandwrittenLine, best: Candidate, told: str, slashes: Sequence[Slash], maybe_nothing: bool
) -> Iterator[str]:
    if not set(told) - {NON_DIGIT}:
        if _only_marks(line):
            yield "There are only dots or dashes."
    elif maybe_nothing:
        yield "It may be no number at all."
    if line.has_second_line:
        yield "There seems to be another line; only one of them was read."
    unlike = [cut for cut, judged in zip(best.cuts, best.digit_scores(), strict=True) if judged < _UNLIKE]
    beside = leftover_components(line, best.cuts) if best.cuts else []
    if any(cut.has_side_part for cut in unlike) or any(is_larger_than_a_mark(part, best.cuts) for part in beside):
        yield "Something beside the digits was left out; it may be a digit."
    if Slash.MAYBE in slashes:
        yield "A 1 may be a slash."


def _none(candidate: Candidate, slashes: Sequence[Slash]) -> list[bool]:
    """For each character whether it is no digit by its shape, whatever it reads as."""
    return [
        found is Slash.YES or is_dot_or_dash(cut, candidate.cuts)
        for cut, found in zip(candidate.cuts, slashes, strict=True)
    ]


def _text(candidate: Candidate, none: Sequence[bool]) -> str:
    return "".join(NON_DIGIT if other else character for character, other in zip(candidate.text, none, strict=True))


def _others(less_likely: Sequence[tuple[Candidate, float]], best: str) -> tuple[Hypothesis, ...]:
    """These readings, each once, and without the best."""
    found: dict[str, float] = {}
    for candidate, probability in less_likely:
        found.setdefault(_text(candidate, _none(candidate, _slashes(candidate))), probability)
    found.pop(best, None)
    return tuple(Hypothesis(*item) for item in found.items())


def _digits(
    line: HandwrittenLine, strip: Strip, best: Candidate, weight: float, none: Sequence[bool]
) -> tuple[NumberDigit, ...]:
    both = best.line_probabilities * best.digit_probabilities**weight
    both /= both.sum(1, keepdims=True)
    both[np.array(none, np.bool_)] = np.eye(len(ALPHABET))[ALPHABET.index(NON_DIGIT)]
    digits = []
    of_all = zip(_text(best, none), best.spans, best.cuts, best.steps, both, strict=True)
    for character, span, one, steps, shares in of_all:
        edges = one.columns.start, one.rows.start, one.columns.stop, one.rows.stop
        digits.append(
            NumberDigit(
                label=character,
                confidence=float(shares[ALPHABET.index(character)]),
                probabilities=tuple(map(float, shares)),
                box=Box(*(edge / line.enlargement for edge in edges)),
                steps=(_on_strip(strip, span, one), *steps),
            )
        )
    return tuple(digits)


def _on_strip(strip: Strip, span: tuple[int, int], one: Segment) -> Step:
    first, last = (max(0, round((edge - strip.left) * strip.scale)) for edge in (one.columns.start, one.columns.stop))
    picture = (strip.image[:, first : max(last, first + 1)] * 255).astype(np.uint8)
    return Step(
        "On the strip", picture, f"its part of the strip; it was read {COLUMN_WIDTH * span[1]} pixels from the left"
    )


def number_verdict(
    reading: Hypothesis, confidence_threshold: float, number_threshold: float, *, doubted: bool = False
) -> NumberVerdict:
    """How far a reading of writing may be trusted: with what is no digit in it, or in doubt, it is unsure at best."""
    if not set(reading.text) - {NON_DIGIT} or reading.probability < number_threshold:
        return NumberVerdict.NOT_A_NUMBER
    if NON_DIGIT in reading.text or reading.probability < confidence_threshold or doubted:
        return NumberVerdict.UNSURE
    return NumberVerdict.NUMBER
