"""What a model is bad at, by the figures in its card."""

from collections.abc import Mapping

import numpy as np

from digitrec.recognition.models.cards import DigitCard, Evaluation, LineCard, LineEvaluation

_WORST = 3
_MOST_CONFUSED = 4
_COST = 0.02
"""What drawing otherwise costs at least, in accuracy, to be told."""
_REFUSED = 0.95
"""The share of what is no digit from which refusing it is no weakness."""
_REFUSED_DIGITS = 0.01
_UNEARNED = 0.02
"""The calibration error from which confidence is not earned."""
_UNTOLD = 0.05
"""The share of lines with something that is no digit from which not telling it is a weakness."""


def weaknesses(card: DigitCard) -> dict[str, list[str]]:
    """What a model is bad at: the figures, worst first, by what they are about."""
    found = card.evaluations
    about = {
        "Worst sources": [
            f"{source}: {one.accuracy:.1%} right"
            for source, one in sorted(found.items(), key=lambda item: item[1].accuracy)[:_WORST]
        ],
        **_confusions(card),
        "Digits it refuses": [
            f"{one.refused:.1%} of {source}" for source, one in found.items() if one.refused > _REFUSED_DIGITS
        ],
        "Confidence that is not earned": _unearned(found),
        "Drawn otherwise": _costs(card),
        "What is no digit": _let_pass(card),
    }
    return {topic: figures for topic, figures in about.items() if figures}


def weaknesses_with_lines(card: LineCard) -> dict[str, list[str]]:
    """What a model of lines is bad at: the figures, worst first, by what they are about."""
    found = card.evaluations
    about = {
        "Worst sources": [
            f"{source}: {one.exact_match:.1%} without a mistake"
            for source, one in sorted(found.items(), key=lambda item: item[1].exact_match)[:_WORST]
        ],
        "Mistakes in what it is sure of": [
            f"{1 - one.confident_exact_match:.1%} of what it calls sure of {source}"
            for source, one in sorted(found.items(), key=lambda item: item[1].confident_exact_match or 0)[:_WORST]
            if one.confident_exact_match is not None and one.confident_exact_match < 1
        ],
        "Numbers it refuses": [
            f"{one.refused:.1%} of {source}"
            for source, one in sorted(found.items(), key=lambda item: -item[1].refused)
            if one.refused > _REFUSED_DIGITS
        ],
        "Confidence that is not earned": _unearned(found),
        "What is no digit": [
            f"{kind}: {share:.1%} read as digits alone"
            for kind, share in sorted(card.false_accepts.items(), key=lambda item: -item[1])
            if share > _UNTOLD
        ],
    }
    return {topic: figures for topic, figures in about.items() if figures}


def _unearned(found: Mapping[str, Evaluation | LineEvaluation]) -> list[str]:
    return [
        f"{one.calibration_error:.1%} off the truth on {source}"
        for source, one in sorted(found.items(), key=lambda item: -item[1].calibration_error)
        if one.calibration_error > _UNEARNED
    ]


def _confusions(card: DigitCard) -> dict[str, list[str]]:
    if not card.evaluations:
        return {}
    confusion = np.sum([one.confusion for one in card.evaluations.values()], 0)
    wrong = 1 - confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    mistaken = confusion - np.diag(confusion.diagonal())
    pairs = [divmod(int(place), 10) for place in mistaken.ravel().argsort()[::-1][:_MOST_CONFUSED]]
    return {
        "Hardest digits": [f"{digit}: {wrong[digit]:.1%} read wrong" for digit in wrong.argsort()[::-1][:_WORST]],
        "Taken for another": [
            f"{digit} for {read}, {mistaken[digit, read]} times" for digit, read in pairs if mistaken[digit, read]
        ],
    }


def _costs(card: DigitCard) -> list[str]:
    """What lowers the accuracy most, of all that a digit was drawn and photographed otherwise by."""
    costs = {
        f"{to} ({changed})": (max(accuracies.values()), accuracy)
        for changed, accuracies in card.robustness.items()
        for to, accuracy in accuracies.items()
        if max(accuracies.values()) - accuracy > _COST
    }
    worst = sorted(costs.items(), key=lambda item: item[1][1] - item[1][0])[:_MOST_CONFUSED]
    return [f"{changed}: {now:.1%} right instead of {best:.1%}" for changed, (best, now) in worst]


def _let_pass(card: DigitCard) -> list[str]:
    if not card.digit_threshold:
        return ["it is never refused: a letter or a scribble is read as the digit it most resembles"]
    return [
        f"{1 - share:.1%} of {kind} taken for a digit"
        for kind, share in sorted(card.refusals.items(), key=lambda item: item[1])
        if share < _REFUSED
    ]
