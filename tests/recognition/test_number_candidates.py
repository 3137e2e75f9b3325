import numpy as np

from digitrec.recognition.ctc import ALPHABET
from digitrec.recognition.number_candidates import Candidate, combine_scores


def test_a_digit_is_more_likely_than_a_non_digit_of_the_same_score():
    uniform = np.full((2, len(ALPHABET)), 1 / len(ALPHABET))
    candidates = [Candidate(text, 0.5, ((0, 1), (1, 2)), (), uniform, uniform, ()) for text in ("1?", "19")]

    non_digit, digit = combine_scores(candidates, 0.3, 1.0)

    assert digit > non_digit
    assert digit + non_digit == 1
