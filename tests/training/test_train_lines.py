import numpy as np
import pytest

from digitrec.training.train_lines import ctc_loss


def test_ctc_loss_sums_over_all_alignments():
    # Three uniform columns have six alignments with the text "1", and one with the empty text.
    columns = np.full((2, 3, 12), 1 / 12, np.float32)
    losses = ctc_loss(np.array([[1, -1], [-1, -1]]), columns).numpy()

    assert losses == pytest.approx([-np.log(6 / 12**3), -np.log(1 / 12**3)], abs=1e-3)
