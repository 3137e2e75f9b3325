"""Choose the default model."""

from pathlib import Path

from digitrec.errors import ModelError
from digitrec.recognition.models.cards import read_card


def default_model(configured: str, models: Path) -> str:
    """Return the configured model or, if it was fine-tuned and got worse on any source, the model it started from."""
    try:
        card = read_card(configured, models)
    except ModelError:
        # Loading the model reports the error.
        return configured
    return card.fine_tuned_from if card.fine_tuned_from and card.regressions else configured
