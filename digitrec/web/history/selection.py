"""Select predictions, on one page or several, to export or delete them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.downloads import show_downloads
from digitrec.web.shared.figures import thumbnail_html
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.notices import notify_errors, queue_notice, show_errors
from digitrec.web.shared.session import session

_MAX_THUMBNAILS = 60


def show_selection_bar(history: History, predictions: Sequence[SavedPrediction]) -> None:
    """Show how many predictions are selected, and buttons to select, export and delete them."""
    selected = dict(session().selected)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{len(selected):,} selected**", width="content")
        st.button("Select page", key="select-all", on_click=_select_page, args=(predictions,), disabled=not predictions)
        st.button("Clear selection", key="select-none", on_click=_clear, args=(predictions,), disabled=not selected)
        if selected:
            show_downloads(history, lambda: history.get_many(selected), "selected")
            if st.button("Delete", key="delete-selected", icon=":material/delete:"):
                _confirm_deletion(history, selected)


def show_checkbox(saved: SavedPrediction, label: str) -> None:
    """Show the checkbox that selects a prediction."""
    # A default that changes would lose the second of two quick clicks, so the value is set once.
    st.session_state.setdefault(_checkbox_key(saved), is_selected(saved))
    _select(saved, st.checkbox(label, key=_checkbox_key(saved), width="stretch", wrap=True))


def is_selected(saved: SavedPrediction) -> bool:
    """Return whether a prediction is selected, with the image it has now."""
    return session().selected.get(saved.prediction_id) == saved.image


def select_rows(predictions: Sequence[SavedPrediction], rows: Sequence[int]) -> None:
    """Select exactly those of the displayed predictions that are at these indexes."""
    for row, saved in enumerate(predictions):
        _select(saved, row in rows)


def rows_key(predictions: Sequence[SavedPrediction]) -> str:
    """Return the widget key of a table with selectable rows.

    Streamlit remembers a selection by row numbers, so other predictions need a table with another key.
    """
    return f"rows-{hash(tuple(saved.image for saved in predictions))}"


def _checkbox_key(saved: SavedPrediction) -> str:
    return f"select-{saved.image}"


def _select(saved: SavedPrediction, selected: bool) -> None:
    if selected:
        session().selected[saved.prediction_id] = saved.image
    else:
        session().selected.pop(saved.prediction_id, None)


def _select_page(predictions: Sequence[SavedPrediction]) -> None:
    select_rows(predictions, range(len(predictions)))
    _update_widgets(predictions)


def _clear(predictions: Sequence[SavedPrediction]) -> None:
    session().selected.clear()
    _update_widgets(predictions)


def _update_widgets(predictions: Sequence[SavedPrediction]) -> None:
    for saved in predictions:
        if _checkbox_key(saved) in st.session_state:
            st.session_state[_checkbox_key(saved)] = is_selected(saved)
    if rows_key(predictions) in st.session_state:
        rows = [row for row, saved in enumerate(predictions) if is_selected(saved)]
        st.session_state[rows_key(predictions)] = {"selection": {"rows": rows}}


@st.dialog("Delete the selected predictions?")
@show_errors()
def _confirm_deletion(history: History, selected: Mapping[int, str]) -> None:
    predictions = history.get_many(selected)
    if not predictions:
        # Unless they were deleted here just now, which cleared the selection.
        if session().selected:
            session().selected.clear()
            queue_notice("The selected predictions no longer exist.")
        st.rerun()
    pictures = "".join(thumbnail_html(history, saved, 56, "3.5rem") for saved in predictions[:_MAX_THUMBNAILS])
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{pictures}</div>')
    if len(predictions) > _MAX_THUMBNAILS:
        st.caption(f"and {len(predictions) - _MAX_THUMBNAILS:,} more")
    count = count_noun(len(predictions))
    labeled = sum(saved.true_label is not None for saved in predictions)
    noted = f" ({labeled:,} labeled)" if labeled else ""
    st.markdown(f"This permanently deletes {count}{noted}, including the images.")
    with st.container(horizontal=True):
        args = history, {saved.prediction_id: saved.image for saved in predictions}
        st.button(f"Delete {count}", key="delete-for-good", on_click=_delete, args=args)
        if st.button("Cancel", key="cancel-delete"):
            st.rerun()


@notify_errors()
def _delete(history: History, selected: Mapping[int, str]) -> None:
    count = count_noun(history.delete_many(selected))
    log_activity(history.user, Activity.DELETE, count)
    for prediction_id in selected:
        session().forget_deleted(prediction_id)
    session().selected.clear()
    queue_notice(f"Deleted {count}.")
