"""Derive the known weaknesses of a model from the metrics on its card."""

from collections.abc import Mapping

import numpy as np

from digitrec.recognition.models.cards import DigitCard, Evaluation, LineCard, LineEvaluation

VARIATION_TITLES = {
    "size": "Size of the digit",
    "brush": "Brush width",
    "slant": "Slant",
    "place": "Position on the canvas",
    "paper": "Simulated photos",
    "file": "Tiny image files",
}
"""What each robustness test varies, by its name in the card."""
_MOST_LISTED = 3
_MOST_CONFUSIONS = 4
_MIN_ACCURACY_DROP = 0.02
_MAX_FALSE_REJECTS = 0.01
_MAX_CALIBRATION_ERROR = 0.02
_MAX_FALSE_ACCEPTS = 0.05  # The share of non-digits, or of lines with one, that a model may read as digits.


def weaknesses(card: DigitCard) -> dict[str, list[str]]:
    """List the weaknesses of a digit model by topic, the worst first."""
    evaluations = card.evaluations
    accepted = {kind: 1 - share for kind, share in card.refusals.items()}
    topics = {
        "Lowest accuracy": _lowest({source: evaluation.accuracy for source, evaluation in evaluations.items()}, ""),
        **_confusions(card),
        "False rejects": _false_rejects(evaluations, "digits"),
        "Calibration": _calibration_errors(evaluations),
        "Robustness": _accuracy_drops(card),
        "False accepts": _above(_MAX_FALSE_ACCEPTS, accepted, "accepted as a digit"),
    }
    if not card.digit_threshold:
        text = "Nothing is ever rejected: a letter or scribble is read as the digit it most resembles"
        topics["False accepts"] = [text]
    return {topic: items for topic, items in topics.items() if items}


def weaknesses_with_lines(card: LineCard) -> dict[str, list[str]]:
    """List the weaknesses of a number model by topic, the worst first."""
    evaluations = card.evaluations
    exact_match = {source: evaluation.exact_match for source, evaluation in evaluations.items()}
    confident_errors = {
        source: 1 - evaluation.confident_exact_match
        for source, evaluation in evaluations.items()
        if evaluation.confident_exact_match is not None
    }
    topics = {
        "Lowest accuracy": _lowest(exact_match, " exact match"),
        "Errors when confident": _above(0, confident_errors, "of the confident predictions are wrong")[:_MOST_LISTED],
        "False rejects": _false_rejects(evaluations, "numbers"),
        "Calibration": _calibration_errors(evaluations),
        "False accepts": _above(_MAX_FALSE_ACCEPTS, card.false_accepts, "read as digits only"),
    }
    return {topic: items for topic, items in topics.items() if items}


def _lowest(shares: Mapping[str, float], text: str) -> list[str]:
    ranked = sorted(shares.items(), key=lambda item: item[1])
    return [f"{name}: {share:.2%}{text}" for name, share in ranked[:_MOST_LISTED]]


def _above(minimum: float, shares: Mapping[str, float], text: str, prefix: str = "") -> list[str]:
    ranked = sorted(shares.items(), key=lambda item: item[1], reverse=True)
    return [f"{name}: {prefix}{share:.2%} {text}" for name, share in ranked if share > minimum]


def _false_rejects(evaluations: Mapping[str, Evaluation | LineEvaluation], what: str) -> list[str]:
    refused = {source: evaluation.refused for source, evaluation in evaluations.items()}
    return _above(_MAX_FALSE_REJECTS, refused, f"of the {what} rejected")


def _calibration_errors(evaluations: Mapping[str, Evaluation | LineEvaluation]) -> list[str]:
    errors = {source: evaluation.calibration_error for source, evaluation in evaluations.items()}
    return _above(_MAX_CALIBRATION_ERROR, errors, "on average", prefix="confidence is off by ")


def _confusions(card: DigitCard) -> dict[str, list[str]]:
    if not card.evaluations:
        return {}
    confusion = np.sum([evaluation.confusion for evaluation in card.evaluations.values()], 0)
    error_rates = 1 - confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    errors = confusion - np.diag(confusion.diagonal())
    pairs = [divmod(int(index), 10) for index in errors.ravel().argsort()[::-1][:_MOST_CONFUSIONS]]
    hardest = error_rates.argsort()[::-1][:_MOST_LISTED]
    return {
        "Hardest digits": [f"{digit}: {error_rates[digit]:.2%} wrong" for digit in hardest],
        "Most common confusions": [
            f"{digit} predicted as {read} ({errors[digit, read]}×)" for digit, read in pairs if errors[digit, read]
        ],
    }


def _accuracy_drops(card: DigitCard) -> list[str]:
    drops = [
        (best - accuracy, f"{VARIATION_TITLES.get(variation, variation)}, {value}: {accuracy:.2%} (best: {best:.2%})")
        for variation, accuracies in card.robustness.items()
        for best in (max(accuracies.values()),)
        for value, accuracy in accuracies.items()
    ]
    worst = sorted(drops, key=lambda drop: drop[0], reverse=True)[:_MOST_CONFUSIONS]
    return [text for drop, text in worst if drop > _MIN_ACCURACY_DROP]
