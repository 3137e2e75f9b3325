from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest

from digitrec.recognition import ctc
from digitrec.recognition.ctc import ALPHABET, BLANK, SYMBOL_COUNT, align, beam_search, fits_in_columns


def columns(random, count, characters):
    """Random probabilities (count, SYMBOL_COUNT) of some characters and the blank."""
    symbols = [ALPHABET.index(character) for character in characters] + [BLANK]
    probabilities = np.zeros((count, SYMBOL_COUNT))
    probabilities[:, symbols] = random.dirichlet(np.ones(len(symbols)), count)
    return probabilities


def enumerate_paths(probabilities, characters):
    """The probability of every text and its most likely path, by enumerating all paths."""
    texts, paths = defaultdict(float), {}
    for path in product([*map(ALPHABET.index, characters), BLANK], repeat=len(probabilities)):
        text = "".join(ALPHABET[symbol] for symbol, _ in groupby(path) if symbol != BLANK)
        probability = probabilities[np.arange(len(path)), path].prod()
        texts[text] += probability
        if probability > paths.get(text, (0, ()))[0]:
            paths[text] = (probability, path)
    return texts, {text: path for text, (_, path) in paths.items()}


@pytest.mark.parametrize("seed", range(20))
def test_beam_search_matches_the_sum_over_all_paths(seed, monkeypatch):
    random = np.random.default_rng(seed)
    probabilities = columns(random, int(random.integers(1, 6)), "17?")
    texts, _ = enumerate_paths(probabilities, "17?")

    narrow = beam_search(probabilities, 4)
    monkeypatch.setattr(ctc, "_BEAM_WIDTH", len(texts))
    monkeypatch.setattr(ctc, "_MIN_PROBABILITY", 0)
    monkeypatch.setattr(ctc, "_MIN_BEAM_RATIO", 0)
    hypotheses = beam_search(probabilities, len(texts))

    assert [text for text, _ in hypotheses] == sorted(texts, key=lambda text: -texts[text])
    for text, probability in hypotheses:
        assert probability == pytest.approx(texts[text], rel=1e-9)
    # A narrow beam may lose paths of a text, but never adds any.
    assert all(probability <= texts[text] + 1e-12 for text, probability in narrow)
    assert sum(hypothesis.probability for hypothesis in narrow) <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_spans_match_the_most_likely_path(seed):
    random = np.random.default_rng(seed)
    probabilities = columns(random, 6, "05")
    texts, paths = enumerate_paths(probabilities, "05")

    all_spans = align(probabilities, list(texts))
    for text, spans in zip(texts, all_spans, strict=True):
        expected, at = [], 0
        for symbol, group in groupby(paths[text]):
            length = len(list(group))
            if symbol != BLANK:
                expected.append((at, at + length))
            at += length
        assert spans == expected


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
    blank = np.zeros((40, SYMBOL_COUNT))
    blank[:, BLANK] = 1

    assert beam_search(blank, 3) == [("", 1.0)]
    assert align(blank, [""]) == [[]]
