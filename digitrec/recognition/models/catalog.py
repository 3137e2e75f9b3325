"""Which models there are, and which one is the default."""

from pathlib import Path

from digitrec.errors import ModelError
from digitrec.recognition.models.cards import read_card


def default_model(chosen: str, models: Path) -> str:
    """The model that reads unless somebody chooses another: ``chosen``, or what it was tuned from if it got worse."""
    try:
        card = read_card(chosen, models)
    except ModelError:
        # Whoever loads it says what is wrong with it.
        return chosen
    return card.fine_tuned_from if card.fine_tuned_from and card.regressions else chosen
