"""From what a network says column by column to the texts it may mean: connectionist temporal classification.

Each column tells one of the characters of ``ALPHABET``, or nothing. A text is told by every sequence of columns that
leaves it behind when repetitions are told once and nothings are left out (Graves, Fernández, Gomez and Schmidhuber
2006); its probability is the sum over these.
"""

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from digitrec.prediction import Hypothesis

ALPHABET = "0123456789?"
"""What a network reads a line as, in the order of its outputs; ``?`` is what is no digit."""
BLANK = len(ALPHABET)
"""The output that tells nothing."""
SYMBOL_COUNT = len(ALPHABET) + 1

_BEAM = 16
"""How many beginnings of texts are followed at a time."""
_LEAST = 1e-4
"""What is less probable than this in a column is not followed there."""
_FAINTEST = 1e-5
"""Nor is the beginning of a text that is so much less probable than the likeliest one."""


def beam_search(probabilities: NDArray[np.floating], most: int) -> list[Hypothesis]:
    """The likeliest texts that columns (N, SYMBOLS) may mean, at most this many, the likeliest first.

    By prefix beam search (Hannun, Maas, Jurafsky and Ng 2014). What falls off the beam makes the probabilities of
    other texts a little too small, never too large.
    """
    columns = np.asarray(probabilities, float)
    telling_something = np.flatnonzero((columns[:, :BLANK] > _LEAST).any(1)).tolist()
    # Each text so far, with the probability of having told it and nothing since, and of just telling its end.
    beam = {"": (1.0, 0.0)}
    for before, here in pairwise((-1, *telling_something, len(columns))):
        if here > before + 1:
            # Most columns tell nothing.
            nothing = float(columns[before + 1 : here, BLANK].prod())
            beam = {text: (sum(both) * nothing, 0.0) for text, both in beam.items()}
        if here == len(columns):
            break
        *characters, blank = columns[here].tolist()
        told = [(character, p) for character, p in zip(ALPHABET, characters, strict=True) if p > _LEAST]
        after: dict[str, tuple[float, float]] = {}
        for text, (resting, telling) in beam.items():
            both = resting + telling
            rests, tells = after.get(text, (0.0, 0.0))
            last = text[-1:]
            after[text] = (rests + both * blank, tells)
            for character, p in told:
                if character == last:
                    rests, tells = after[text]
                    after[text] = (rests, tells + telling * p)
                longer = text + character
                begun = (resting if character == last else both) * p
                rests, tells = after.get(longer, (0.0, 0.0))
                after[longer] = (rests, tells + begun)
        likeliest = sorted(after.items(), key=lambda item: -sum(item[1]))[:_BEAM]
        least = _FAINTEST * sum(likeliest[0][1])
        beam = {text: both for text, both in likeliest if sum(both) > least}
    found = sorted(
        (Hypothesis(text, sum(both)) for text, both in beam.items()), key=lambda reading: -reading.probability
    )
    return [Hypothesis(text, min(probability, 1.0)) for text, probability in found[:most]]


def average_hypotheses(views: Sequence[Sequence[Hypothesis]], most: int) -> list[Hypothesis]:
    """The likeliest texts, at most this many, by their probabilities averaged over several views of a line."""
    total: dict[str, float] = {}
    for reading in chain.from_iterable(views):
        total[reading.text] = total.get(reading.text, 0.0) + reading.probability / len(views)
    return [Hypothesis(*item) for item in sorted(total.items(), key=lambda item: -item[1])[:most]]


def fits_in_columns(text: str, columns: int) -> bool:
    """Whether so many columns can tell a text: one for each character, and one between two that are the same."""
    return len(text) + sum(one == other for one, other in pairwise(text)) <= columns


def align(probabilities: NDArray[np.floating], texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each character of each text the first of the columns (N, SYMBOLS) that tell it, and the one after the last.

    They are those of the likeliest of the ways to tell this text, by dynamic programming (Viterbi 1967). Every text
    has to fit into the columns.
    """
    # Most columns tell nothing, and those beside each other are taken as one.
    telling = np.asarray((probabilities[:, :BLANK] > _LEAST).any(1))
    begins = np.flatnonzero(np.concatenate([[True], telling[1:] | telling[:-1]]))
    if not all(fits_in_columns(text, len(begins)) for text in texts):
        begins = np.arange(len(probabilities))
    longest = 2 * max(map(len, texts)) + 1
    # What is told in turn: nothing, the first character, nothing, and so on.
    states = np.full((len(texts), longest), BLANK)
    for states_of_text, text in zip(states, texts, strict=True):
        states_of_text[1 : 2 * len(text) : 2] = [ALPHABET.index(character) for character in text]
    of_columns = np.add.reduceat(np.log(np.maximum(probabilities, 1e-30)), begins)
    scores = of_columns[:, states]  # (columns taken together, texts, states)
    # Nothing need be told between two characters that differ.
    may_skip = np.where((states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2]), 0, -np.inf)
    ways = np.full((3, len(texts), longest), -np.inf)
    ways[0, :, :2] = scores[0, :, :2]
    steps = np.zeros(scores.shape, np.int64)
    for n in range(1, len(scores)):
        best = ways[0]
        ways[1, :, 1:] = best[:, :-1]
        ways[2, :, 2:] = best[:, :-2] + may_skip
        steps[n] = ways.argmax(0)
        ways[0] = ways.max(0) + scores[n]
    ends = [*begins[1:].tolist(), len(probabilities)]
    return [
        [(int(begins[first]), ends[last]) for first, last in _traced(steps[:, number], ways[0, number], len(text))]
        for number, text in enumerate(texts)
    ]


def _traced(steps: NDArray[np.int64], scores: NDArray[np.float64], length: int) -> list[tuple[int, int]]:
    """The first and the last column of each character, of the likeliest way to one of the last two states.

    ``steps`` (columns, states) are how many states are taken back from each.
    """
    state = max(2 * length - 1, 0)
    state += int(length > 0 and scores[2 * length] > scores[state])
    path = np.empty(len(steps), np.int64)
    for n in range(len(steps) - 1, -1, -1):
        path[n] = state
        state -= int(steps[n, state])
    told = [np.flatnonzero(path == 2 * place + 1) for place in range(length)]
    return [(int(columns[0]), int(columns[-1])) for columns in told]
