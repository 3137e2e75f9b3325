import numpy as np
import pytest

from digitrec.recognition.ctc import ALPHABET
from digitrec.recognition.number_candidates import Candidate
from digitrec.training.calibrate_lines import fit_weight_and_temperature
from digitrec.training.train_lines import ctc_loss


def test_ctc_loss_sums_over_all_alignments():
    # Three uniform columns have six alignments with the text "1", and one with the empty text.
    columns = np.full((2, 3, 12), 1 / 12, np.float32)
    losses = ctc_loss(np.array([[1, -1], [-1, -1]]), columns).numpy()

    assert losses == pytest.approx([-np.log(6 / 12**3), -np.log(1 / 12**3)], abs=1e-3)


def test_temperature_makes_confidence_match_accuracy():
    uniform = np.full((1, len(ALPHABET)), 1 / len(ALPHABET))

    def candidate(text, probability):
        return Candidate(text, probability, ((0, 1),), (), uniform, uniform, ())

    # The model is 99% confident but right four times out of five.
    lines = [([candidate("1", 0.99), candidate("7", 0.01)], text) for text in "11117"]

    _, temperature = fit_weight_and_temperature(lines)

    assert 1 / (1 + (0.01 / 0.99) ** (1 / temperature)) == pytest.approx(0.8, abs=0.01)
