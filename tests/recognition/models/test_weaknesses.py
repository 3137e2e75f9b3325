from digitrec.config import settings
from digitrec.recognition.models.cards import read_card, read_line_card
from digitrec.recognition.models.weaknesses import weaknesses, weaknesses_with_lines


def card(**changes):
    return read_card("everyhand", settings().models).model_copy(update=changes)


def evaluation(confusion, **changes):
    original = next(iter(card().evaluations.values()))
    return original.model_copy(update={"confusion": confusion, **changes})


def diagonal(**mistakes):
    """Return a confusion matrix of a hundred of each digit, with the given numbers of errors."""
    matrix = [[100 * (row == column) for column in range(10)] for row in range(10)]
    for pair, count in mistakes.items():
        digit, read = int(pair[1]), int(pair[-1])
        matrix[digit][read], matrix[digit][digit] = count, 100 - count
    return matrix


def test_weaknesses_are_listed_worst_first():
    easy = evaluation(diagonal(_4_as_9=2), accuracy=0.998, refused=0.0, calibration_error=0.001)
    hard = evaluation(diagonal(_4_as_9=10, _1_as_7=6), accuracy=0.984, refused=0.03, calibration_error=0.05)

    topics = weaknesses(card(evaluations={"Easy": easy, "Hard": hard}, robustness={}, refusals={}))

    assert topics["Lowest accuracy"] == ["Hard: 98.40%", "Easy: 99.80%"]
    assert topics["Hardest digits"][:2] == ["4: 6.00% wrong", "1: 3.00% wrong"]
    assert topics["Most common confusions"] == ["4 predicted as 9 (12×)", "1 predicted as 7 (6×)"]
    assert topics["False rejects"] == ["Hard: 3.00% of the digits rejected"]
    assert topics["Calibration"] == ["Hard: confidence is off by 5.00% on average"]
    assert "Robustness" not in topics


def test_accuracy_drops_and_false_accepts_are_listed():
    robustness = {"size": {"25%": 0.9, "75%": 0.99}, "slant": {"0°": 0.99, "20°": 0.985}}

    topics = weaknesses(card(robustness=robustness, refusals={"stars": 0.9, "letters": 0.99}))

    assert topics["Robustness"] == ["Size of the digit, 25%: 90.00% (best: 99.00%)"]
    assert topics["False accepts"] == ["stars: 10.00% accepted as a digit"]


def test_model_without_metrics_only_lists_that_it_never_rejects():
    assert list(weaknesses(card(evaluations={}, robustness={}, refusals={}, digit_threshold=0.0))) == ["False accepts"]


def test_weaknesses_of_a_line_model_are_listed_worst_first():
    card = read_line_card(settings().models)
    any_source = next(iter(card.evaluations.values()))
    easy = any_source.model_copy(
        update={"exact_match": 0.99, "confident_exact_match": 1.0, "refused": 0.0, "calibration_error": 0.01}
    )
    hard = easy.model_copy(
        update={"exact_match": 0.7, "confident_exact_match": 0.9, "refused": 0.1, "calibration_error": 0.04}
    )
    unsure = easy.model_copy(update={"exact_match": 0.5, "confident": 0.0, "confident_exact_match": None})
    sources = {"Easy": easy, "Hard": hard, "Unsure": unsure}

    topics = weaknesses_with_lines(
        card.model_copy(update={"evaluations": sources, "false_accepts": {"blots": 0.2, "h": 0.01}})
    )

    assert topics == {
        "Lowest accuracy": ["Unsure: 50.00% exact match", "Hard: 70.00% exact match", "Easy: 99.00% exact match"],
        "Errors when confident": ["Hard: 10.00% of the confident predictions are wrong"],
        "False rejects": ["Hard: 10.00% of the numbers rejected"],
        "Calibration": ["Hard: confidence is off by 4.00% on average"],
        "False accepts": ["blots: 20.00% read as digits only"],
    }
    assert weaknesses_with_lines(card.model_copy(update={"evaluations": {"Easy": easy}, "false_accepts": {}})) == {
        "Lowest accuracy": ["Easy: 99.00% exact match"]
    }
