import random

import pytest

from digitrec.prediction import Mode
from digitrec.storage.filters import VERDICTS_WITH_LABEL, Filter
from digitrec.web.analytics.sections import LEAST_CONFIDENT, show_least_confident
from tests.support.random_predictions import add_predictions


@pytest.mark.parametrize(("mode", "digit"), [(Mode.DIGIT, None), (Mode.DIGIT, "3"), (Mode.NUMBER, None)])
def test_least_confident_are_the_users_own(history, others, mode, digit, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "digitrec.web.analytics.sections.show_gallery", lambda _, predictions: shown.extend(predictions)
    )
    add_predictions(history, 200, random.Random(5))
    add_predictions(others, 200, random.Random(6))

    show_least_confident(history, Filter(labels=(digit,) if digit else (), verdicts=VERDICTS_WITH_LABEL), mode)

    own = [saved for saved in history.all() if saved.mode == mode and saved.text and digit in (None, saved.text)]
    assert len(shown) == min(LEAST_CONFIDENT, len(own))
    assert [history.get(saved.prediction_id).confidence for saved in shown] == sorted(
        saved.confidence for saved in own
    )[:LEAST_CONFIDENT]
