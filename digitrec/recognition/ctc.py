"""Decode the output of the line network: connectionist temporal classification (CTC).

The network predicts for each column one character of ``ALPHABET`` or the blank symbol. A sequence of symbols stands for
the text that remains when repeated symbols are merged and blanks are removed; the probability of a text is the sum over
all of its sequences (Graves, Fernández, Gomez and Schmidhuber 2006).
"""

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.prediction import Hypothesis

ALPHABET = "0123456789?"
"""The characters the network predicts, in the order of its outputs; ``?`` is any character that is not a digit."""
BLANK = len(ALPHABET)  # The output of the blank symbol.
SYMBOL_COUNT = len(ALPHABET) + 1

_BEAM_WIDTH = 16
_MIN_PROBABILITY = 1e-4  # Less probable characters of a column are ignored.
_MIN_BEAM_RATIO = 1e-5  # Prefixes less probable than this, relative to the most probable one, are dropped.


def beam_search(probabilities: NDArray[np.floating], limit: int) -> list[Hypothesis]:
    """Return the most likely texts for columns (N, SYMBOL_COUNT), at most ``limit``, the most likely first.

    Uses prefix beam search (Hannun, Maas, Jurafsky and Ng 2014). Dropped prefixes make the probabilities of other texts
    slightly too small, never too large.
    """
    columns = np.asarray(probabilities, float)
    non_blank = np.flatnonzero((columns[:, :BLANK] > _MIN_PROBABILITY).any(1)).tolist()
    # For each prefix, the probability that the last column was blank and that it was the prefix's last character.
    beam = {"": (1.0, 0.0)}
    for before, column in pairwise((-1, *non_blank, len(columns))):
        if column > before + 1:
            # Most columns are blank and only scale the probabilities.
            all_blank = float(columns[before + 1 : column, BLANK].prod())
            beam = {text: (sum(both) * all_blank, 0.0) for text, both in beam.items()}
        if column == len(columns):
            break
        *characters, blank = columns[column].tolist()
        likely = [(character, p) for character, p in zip(ALPHABET, characters, strict=True) if p > _MIN_PROBABILITY]
        extended: dict[str, tuple[float, float]] = {}
        for text, (after_blank, after_character) in beam.items():
            total = after_blank + after_character
            ends_blank, ends_character = extended.get(text, (0.0, 0.0))
            last = text[-1:]
            extended[text] = (ends_blank + total * blank, ends_character)
            for character, p in likely:
                if character == last:
                    ends_blank, ends_character = extended[text]
                    extended[text] = (ends_blank, ends_character + after_character * p)
                longer = text + character
                added = (after_blank if character == last else total) * p
                ends_blank, ends_character = extended.get(longer, (0.0, 0.0))
                extended[longer] = (ends_blank, ends_character + added)
        best = sorted(extended.items(), key=lambda item: -sum(item[1]))[:_BEAM_WIDTH]
        least = _MIN_BEAM_RATIO * sum(best[0][1])
        beam = {text: both for text, both in best if sum(both) > least}
    ranked = sorted(beam.items(), key=lambda item: -sum(item[1]))[:limit]
    return [Hypothesis(text, min(sum(both), 1.0)) for text, both in ranked]


def average_hypotheses(views: Sequence[Sequence[Hypothesis]], limit: int) -> list[Hypothesis]:
    """Return the most likely texts, at most ``limit``, by their mean probability over several views of a line."""
    total: dict[str, float] = {}
    for hypothesis in chain.from_iterable(views):
        total[hypothesis.text] = total.get(hypothesis.text, 0.0) + hypothesis.probability / len(views)
    return [Hypothesis(*item) for item in sorted(total.items(), key=lambda item: -item[1])[:limit]]


def fits_in_columns(text: str, columns: int) -> bool:
    """Return whether a text fits: one column per character, plus a blank between two equal characters."""
    return len(text) + sum(previous == current for previous, current in pairwise(text)) <= columns


def align(probabilities: NDArray[np.floating], texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Return for each character of each text its span: the first of its columns and the one after its last.

    The spans are those of the most likely path through columns (N, SYMBOL_COUNT), by the Viterbi algorithm (1967).
    Every text must fit in the columns.
    """
    # Runs of blank columns are merged into one step.
    is_non_blank = np.asarray((probabilities[:, :BLANK] > _MIN_PROBABILITY).any(1))
    starts = np.flatnonzero(np.concatenate([[True], is_non_blank[1:] | is_non_blank[:-1]]))
    if not all(fits_in_columns(text, len(starts)) for text in texts):
        starts = np.arange(len(probabilities))
    state_count = 2 * max(map(len, texts)) + 1
    # The states of a text alternate: blank, first character, blank, second character, and so on.
    states = np.full((len(texts), state_count), BLANK)
    for text_states, text in zip(states, texts, strict=True):
        text_states[1 : 2 * len(text) : 2] = [ALPHABET.index(character) for character in text]
    log_probabilities = np.add.reduceat(np.log(np.maximum(probabilities, 1e-30)), starts)
    scores = log_probabilities[:, states]  # (steps, texts, states)
    # The blank between two different characters is optional.
    may_skip = np.where((states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2]), 0, -np.inf)
    paths = np.full((3, len(texts), state_count), -np.inf)
    paths[0, :, :2] = scores[0, :, :2]
    moves = np.zeros(scores.shape, np.int64)
    for n in range(1, len(scores)):
        best = paths[0]
        paths[1, :, 1:] = best[:, :-1]
        paths[2, :, 2:] = best[:, :-2] + may_skip
        moves[n] = paths.argmax(0)
        paths[0] = paths.max(0) + scores[n]
    ends = [*starts[1:].tolist(), len(probabilities)]
    return [
        [(int(starts[first]), ends[last]) for first, last in _backtrack(moves[:, index], paths[0, index], len(text))]
        for index, text in enumerate(texts)
    ]


def _backtrack(moves: NDArray[np.int64], scores: NDArray[np.float64], length: int) -> list[tuple[int, int]]:
    """Return the first and last step of each character on the best path that ends in one of the last two states.

    ``moves`` (steps, states) holds how many states each state lies after its predecessor.
    """
    state = max(2 * length - 1, 0)
    state += int(length > 0 and scores[2 * length] > scores[state])
    path = np.empty(len(moves), np.int64)
    for n in range(len(moves) - 1, -1, -1):
        path[n] = state
        state -= int(moves[n, state])
    steps = [np.flatnonzero(path == 2 * position + 1) for position in range(length)]
    return [(int(of_character[0]), int(of_character[-1])) for of_character in steps]
