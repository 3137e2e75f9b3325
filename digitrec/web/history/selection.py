"""Selecting several records, on one page or more, to take them along or to delete them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from digitrec.errors import StorageError
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import log_activity
from digitrec.web.shared.data_export import show_downloads
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.notices import queue_error, queue_notice
from digitrec.web.shared.session import session
from digitrec.web.shared.thumbnails import picture_of

_SEEN_AT_ONCE = 60


def show_selecting() -> bool:
    """Show what begins and ends selecting, and return whether records are selected now."""
    return st.toggle("Select", key="selecting", on_change=_selection().clear)


def show_selection(history: History, shown: Sequence[SavedPrediction]) -> None:
    """Show how many records are selected, and what can be done with them."""
    selected = dict(_selection())
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{len(selected):,} selected**", width="content")
        st.button("All on this page", key="select-all", on_click=_select_all, args=(shown,))
        st.button("None", key="select-none", on_click=_select_none, args=(shown,), disabled=not selected)
        if selected:
            show_downloads(history, lambda: history.get_many(selected), "selected")
            if st.button("Delete", key="delete-selected", icon=":material/delete:"):
                _ask(history, selected)


def show_checkbox(saved: SavedPrediction, label: str) -> None:
    """Show the checkbox that selects a record."""
    # Given as a default that changes, the next of two fast clicks would be lost.
    st.session_state.setdefault(_box(saved), is_selected(saved))
    _select(saved, st.checkbox(label, key=_box(saved), width="stretch"))


def is_selected(saved: SavedPrediction) -> bool:
    """Whether a record is selected, with the picture it has."""
    return _selection().get(saved.prediction_id) == saved.image


def select_rows(shown: Sequence[SavedPrediction], rows: Sequence[int]) -> None:
    """Select of the records shown those in these places, and no other of them."""
    for place, saved in enumerate(shown):
        _select(saved, place in rows)


def rows_key(shown: Sequence[SavedPrediction]) -> str:
    """The key of a table of records to select from.

    A table keeps its selection by the places of rows: with other records in them it has to be another table.
    """
    return f"rows-{hash(tuple(saved.image for saved in shown))}"


def _box(saved: SavedPrediction) -> str:
    return f"select-{saved.image}"


def _selection() -> dict[int, str]:
    """The ids of the selected records, each with the name of the picture it was shown with."""
    return session().selected


def _select(saved: SavedPrediction, chosen: bool) -> None:
    if chosen:
        _selection()[saved.prediction_id] = saved.image
    else:
        _selection().pop(saved.prediction_id, None)


def _select_all(shown: Sequence[SavedPrediction]) -> None:
    select_rows(shown, range(len(shown)))
    _show_again(shown)


def _select_none(shown: Sequence[SavedPrediction]) -> None:
    _selection().clear()
    _show_again(shown)


def _show_again(shown: Sequence[SavedPrediction]) -> None:
    # What is on the page knows only what was clicked in it.
    for saved in shown:
        if _box(saved) in st.session_state:
            st.session_state[_box(saved)] = is_selected(saved)
    if rows_key(shown) in st.session_state:
        rows = [place for place, saved in enumerate(shown) if is_selected(saved)]
        st.session_state[rows_key(shown)] = {"selection": {"rows": rows}}


@st.dialog("Delete these?")
def _ask(history: History, selected: Mapping[int, str]) -> None:
    try:
        there = history.get_many(selected)
    except StorageError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not there:
        st.rerun()
    pictures = "".join(picture_of(history, saved, 56, "3.5rem") for saved in there[:_SEEN_AT_ONCE])
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{pictures}</div>')
    if len(there) > _SEEN_AT_ONCE:
        st.caption(f"and {len(there) - _SEEN_AT_ONCE:,} more")
    st.markdown(f"{count_noun(len(there))} will be deleted for good, with the pictures.")
    with st.container(horizontal=True):
        st.button(
            f"Delete {count_noun(len(there))}",
            key="delete-for-good",
            on_click=_delete,
            args=(history, {saved.prediction_id: saved.image for saved in there}),
        )
        if st.button("Keep them", key="keep"):
            st.rerun()


def _delete(history: History, shown: Mapping[int, str]) -> None:
    try:
        count = history.delete_many(shown)
        log_activity(history.user, Activity.DELETE, count_noun(count))
    except StorageError as error:
        queue_error(error)
    else:
        for prediction_id in shown:
            session().forget_deleted(prediction_id)
        _selection().clear()
        queue_notice(f"{count_noun(count)} deleted for good, with the pictures.")
