from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest

from digitrec.recognition import ctc
from digitrec.recognition.ctc import ALPHABET, BLANK, SYMBOL_COUNT, align, beam_search, fits_in_columns


def columns(random, count, among):
    """Probabilities (count, SYMBOLS) of these few symbols, and of nothing."""
    symbols = [ALPHABET.index(character) for character in among] + [BLANK]
    probabilities = np.zeros((count, SYMBOL_COUNT))
    probabilities[:, symbols] = random.dirichlet(np.ones(len(symbols)), count)
    return probabilities


def summed_over_all_ways(probabilities, among):
    """The probability of every text, and its likeliest way, by telling each sequence of columns there is."""
    texts, ways = defaultdict(float), {}
    for way in product([*map(ALPHABET.index, among), BLANK], repeat=len(probabilities)):
        text = "".join(ALPHABET[symbol] for symbol, _ in groupby(way) if symbol != BLANK)
        probability = probabilities[np.arange(len(way)), way].prod()
        texts[text] += probability
        if probability > ways.get(text, (0, ()))[0]:
            ways[text] = (probability, way)
    return texts, {text: way for text, (_, way) in ways.items()}


@pytest.mark.parametrize("seed", range(20))
def test_beam_search_matches_the_sum_over_all_paths(seed, monkeypatch):
    random = np.random.default_rng(seed)
    probabilities = columns(random, int(random.integers(1, 6)), "17?")
    texts, _ = summed_over_all_ways(probabilities, "17?")

    narrow = beam_search(probabilities, 4)
    monkeypatch.setattr(ctc, "_BEAM", len(texts))
    monkeypatch.setattr(ctc, "_LEAST", 0)
    monkeypatch.setattr(ctc, "_FAINTEST", 0)
    found = beam_search(probabilities, len(texts))

    assert [text for text, _ in found] == sorted(texts, key=lambda text: -texts[text])
    for text, probability in found:
        assert probability == pytest.approx(texts[text], rel=1e-9)
    # A narrow beam may lose ways to tell a text, and never makes one up.
    assert all(probability <= texts[text] + 1e-12 for text, probability in narrow)
    assert sum(reading.probability for reading in narrow) <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_spans_match_the_most_likely_path(seed):
    random = np.random.default_rng(seed)
    probabilities = columns(random, 6, "05")
    texts, ways = summed_over_all_ways(probabilities, "05")

    found = align(probabilities, list(texts))
    for text, told in zip(texts, found, strict=True):
        expected, at = [], 0
        for symbol, group in groupby(ways[text]):
            length = len(list(group))
            if symbol != BLANK:
                expected.append((at, at + length))
            at += length
        assert told == expected


def test_repeated_digit_needs_a_blank_between():
    confident = np.full((5, SYMBOL_COUNT), 1e-9)
    for column, symbol in enumerate((1, 1, BLANK, 1, BLANK)):
        confident[column, symbol] = 1

    assert beam_search(confident, 1)[0].text == "11"
    confident[2] = confident[1]
    assert beam_search(confident, 1)[0].text == "1"


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("1", 1), ("12", 2), ("11", 3), ("1121", 5)])
def test_minimum_number_of_columns_for_a_text(text, columns):
    assert fits_in_columns(text, columns)
    assert not columns or not fits_in_columns(text, columns - 1)


def test_blank_columns_give_an_empty_text():
    nothing = np.zeros((40, SYMBOL_COUNT))
    nothing[:, BLANK] = 1

    assert beam_search(nothing, 3) == [("", 1.0)]
    assert align(nothing, [""]) == [[]]
