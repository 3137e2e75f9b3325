"""The most recent predictions, below the drawing."""

import html

import streamlit as st

from digitrec.errors import StorageError
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.shared.figures import thumbnail_html
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import VERDICT_SIGNS
from digitrec.web.shared.session import session

_COUNT = 10


def show_recent(current: SavedPrediction | None) -> None:
    """Show the predictions before the current one as a row of small images."""
    try:
        history = current_history()
        # The row changes when a drawing is finished, not with every stroke.
        state = history.database.generation, session().saved_count - (current is not None)
        recent = session().recent
        if not recent or recent[0] != state:
            recent = session().recent = state, _images(history, current)
    except StorageError:
        return
    images = recent[1]
    title = "Recent" if images else "Your recent predictions appear here."
    st.html(
        f'<div style="font-size:.875rem;opacity:.6;margin-bottom:1rem">{title}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:.5rem;min-height:5.25rem">{images}</div>'
    )


def _images(history: History, current: SavedPrediction | None) -> str:
    newest = history.newest(_COUNT + 1)
    others = [saved for saved in newest if not current or saved.prediction_id != current.prediction_id]
    return "".join(
        f'<figure style="margin:0;text-align:center;width:3.5rem">{thumbnail_html(history, saved, 56, "3.5rem")}'
        f"<figcaption>{html.escape(saved.text or VERDICT_SIGNS[saved.verdict])}</figcaption></figure>"
        for saved in others[:_COUNT]
    )
