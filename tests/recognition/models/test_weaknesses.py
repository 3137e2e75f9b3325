from digitrec.config import settings
from digitrec.recognition.models.cards import read_card, read_line_card
from digitrec.recognition.models.weaknesses import weaknesses, weaknesses_with_lines


def card(**changes):
    return read_card("everyhand", settings().models).model_copy(update=changes)


def evaluation(confusion, **changes):
    found = next(iter(card().evaluations.values()))
    return found.model_copy(update={"confusion": confusion, **changes})


def diagonal(**mistakes):
    """A confusion matrix of a hundred of each digit, but for so many 4s read as 9 and 1s as 7."""
    matrix = [[100 * (row == column) for column in range(10)] for row in range(10)]
    for pair, count in mistakes.items():
        digit, read = int(pair[1]), int(pair[-1])
        matrix[digit][read], matrix[digit][digit] = count, 100 - count
    return matrix


def test_sources_digits_and_confusions_are_told_worst_first():
    easy = evaluation(diagonal(_4_as_9=2), accuracy=0.998, refused=0.0, calibration_error=0.001)
    hard = evaluation(diagonal(_4_as_9=10, _1_as_7=6), accuracy=0.984, refused=0.03, calibration_error=0.05)

    found = weaknesses(card(evaluations={"Easy": easy, "Hard": hard}, robustness={}, refusals={}))

    assert found["Worst sources"] == ["Hard: 98.4% right", "Easy: 99.8% right"]
    assert found["Hardest digits"][:2] == ["4: 6.0% read wrong", "1: 3.0% read wrong"]
    assert found["Taken for another"] == ["4 for 9, 12 times", "1 for 7, 6 times"]
    assert found["Digits it refuses"] == ["3.0% of Hard"]
    assert found["Confidence that is not earned"] == ["5.0% off the truth on Hard"]
    assert "Drawn otherwise" not in found


def test_what_costs_and_what_passes_for_a_digit_is_told():
    robustness = {"size": {"25%": 0.9, "75%": 0.99}, "slant": {"0°": 0.99, "20°": 0.985}}

    found = weaknesses(card(robustness=robustness, refusals={"stars": 0.9, "letters": 0.99}))

    assert found["Drawn otherwise"] == ["25% (size): 90.0% right instead of 99.0%"]
    assert found["What is no digit"] == ["10.0% of stars taken for a digit"]


def test_model_that_refuses_nothing_says_so_and_a_card_without_figures_says_nothing_else():
    assert list(weaknesses(card(evaluations={}, robustness={}, refusals={}, digit_threshold=0.0))) == [
        "What is no digit"
    ]


def test_what_a_model_of_lines_is_bad_at_is_told_worst_first():
    card = read_line_card(settings().models)
    any_source = next(iter(card.evaluations.values()))
    easy = any_source.model_copy(
        update={"exact_match": 0.99, "confident_exact_match": 1.0, "refused": 0.0, "calibration_error": 0.01}
    )
    hard = easy.model_copy(
        update={"exact_match": 0.7, "confident_exact_match": 0.9, "refused": 0.1, "calibration_error": 0.04}
    )
    never_sure = easy.model_copy(update={"exact_match": 0.5, "confident": 0.0, "confident_exact_match": None})
    sources = {"Easy": easy, "Hard": hard, "Never sure": never_sure}

    found = weaknesses_with_lines(
        card.model_copy(update={"evaluations": sources, "false_accepts": {"blots": 0.2, "h": 0.01}})
    )

    assert found == {
        "Worst sources": [
            "Never sure: 50.0% without a mistake",
            "Hard: 70.0% without a mistake",
            "Easy: 99.0% without a mistake",
        ],
        "Mistakes in what it is sure of": ["10.0% of what it calls sure of Hard"],
        "Numbers it refuses": ["10.0% of Hard"],
        "Confidence that is not earned": ["4.0% off the truth on Hard"],
        "What is no digit": ["blots: 20.0% read as digits alone"],
    }
    assert weaknesses_with_lines(card.model_copy(update={"evaluations": {"Easy": easy}, "false_accepts": {}})) == {
        "Worst sources": ["Easy: 99.0% without a mistake"]
    }
