"""The known weaknesses of a model, derived from the metrics on its card."""

from collections.abc import Mapping

import numpy as np

from digitrec.recognition.models.cards import DigitCard, Evaluation, LineCard, LineEvaluation

_MOST_LISTED = 3
_MOST_CONFUSIONS = 4
_MIN_ACCURACY_DROP = 0.02
_MIN_REJECTION_RATE = 0.95
"""The share of non-digits that a model should reject."""
_MAX_FALSE_REJECTS = 0.01
_MAX_CALIBRATION_ERROR = 0.02
_MAX_FALSE_ACCEPTS = 0.05
"""The share of lines with a non-digit that a model may read as digits only."""


def weaknesses(card: DigitCard) -> dict[str, list[str]]:
    """List the weaknesses of a digit model by topic, the worst first."""
    evaluations = card.evaluations
    topics = {
        "Lowest accuracy": [
            f"{source}: {evaluation.accuracy:.1%}"
            for source, evaluation in sorted(evaluations.items(), key=lambda item: item[1].accuracy)[:_MOST_LISTED]
        ],
        **_confusions(card),
        "False rejects": [
            f"{source}: {evaluation.refused:.1%} of the digits rejected"
            for source, evaluation in evaluations.items()
            if evaluation.refused > _MAX_FALSE_REJECTS
        ],
        "Calibration": _calibration_errors(evaluations),
        "Robustness": _accuracy_drops(card),
        "False accepts": _false_accepts(card),
    }
    return {topic: items for topic, items in topics.items() if items}


def weaknesses_with_lines(card: LineCard) -> dict[str, list[str]]:
    """List the weaknesses of a number model by topic, the worst first."""
    evaluations = card.evaluations
    topics = {
        "Lowest accuracy": [
            f"{source}: {evaluation.exact_match:.1%} exact match"
            for source, evaluation in sorted(evaluations.items(), key=lambda item: item[1].exact_match)[:_MOST_LISTED]
        ],
        "Errors despite confidence": [
            f"{source}: {1 - evaluation.confident_exact_match:.1%} of the confident predictions wrong"
            for source, evaluation in sorted(evaluations.items(), key=lambda item: item[1].confident_exact_match or 0)[
                :_MOST_LISTED
            ]
            if evaluation.confident_exact_match is not None and evaluation.confident_exact_match < 1
        ],
        "False rejects": [
            f"{source}: {evaluation.refused:.1%} of the numbers rejected"
            for source, evaluation in sorted(evaluations.items(), key=lambda item: -item[1].refused)
            if evaluation.refused > _MAX_FALSE_REJECTS
        ],
        "Calibration": _calibration_errors(evaluations),
        "False accepts": [
            f"{kind}: {share:.1%} read as digits only"
            for kind, share in sorted(card.false_accepts.items(), key=lambda item: -item[1])
            if share > _MAX_FALSE_ACCEPTS
        ],
    }
    return {topic: items for topic, items in topics.items() if items}


def _calibration_errors(evaluations: Mapping[str, Evaluation | LineEvaluation]) -> list[str]:
    return [
        f"{source}: confidence is off by {evaluation.calibration_error:.1%} on average"
        for source, evaluation in sorted(evaluations.items(), key=lambda item: -item[1].calibration_error)
        if evaluation.calibration_error > _MAX_CALIBRATION_ERROR
    ]


def _confusions(card: DigitCard) -> dict[str, list[str]]:
    if not card.evaluations:
        return {}
    confusion = np.sum([evaluation.confusion for evaluation in card.evaluations.values()], 0)
    error_rates = 1 - confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    errors = confusion - np.diag(confusion.diagonal())
    pairs = [divmod(int(index), 10) for index in errors.ravel().argsort()[::-1][:_MOST_CONFUSIONS]]
    return {
        "Hardest digits": [
            f"{digit}: {error_rates[digit]:.1%} wrong" for digit in error_rates.argsort()[::-1][:_MOST_LISTED]
        ],
        "Most common confusions": [
            f"{digit} predicted as {read}: {errors[digit, read]} times" for digit, read in pairs if errors[digit, read]
        ],
    }


def _accuracy_drops(card: DigitCard) -> list[str]:
    drops = {
        f"{value} ({variation})": (max(accuracies.values()), accuracy)
        for variation, accuracies in card.robustness.items()
        for value, accuracy in accuracies.items()
        if max(accuracies.values()) - accuracy > _MIN_ACCURACY_DROP
    }
    worst = sorted(drops.items(), key=lambda item: item[1][1] - item[1][0])[:_MOST_CONFUSIONS]
    return [f"{name}: {accuracy:.1%} instead of {best:.1%} accuracy" for name, (best, accuracy) in worst]


def _false_accepts(card: DigitCard) -> list[str]:
    if not card.digit_threshold:
        return ["Nothing is ever rejected: a letter or scribble is read as the digit it most resembles"]
    return [
        f"{kind}: {1 - share:.1%} accepted as a digit"
        for kind, share in sorted(card.refusals.items(), key=lambda item: item[1])
        if share < _MIN_REJECTION_RATE
    ]
