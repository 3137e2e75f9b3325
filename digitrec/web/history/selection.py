"""Selecting several records, on one page or more, to take them along or to delete them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from digitrec.errors import StoreError
from digitrec.storage.history import Records
from digitrec.storage.saved_prediction import Record
from digitrec.storage.schema import Activity
from digitrec.web.shared.activity import note
from digitrec.web.shared.data_export import show_downloads
from digitrec.web.shared.names import counted
from digitrec.web.shared.notices import notice, notice_error
from digitrec.web.shared.saving import forget_kept
from digitrec.web.shared.thumbnails import picture_of

_SEEN_AT_ONCE = 60


def show_selecting() -> bool:
    """Show what begins and ends selecting, and return whether records are selected now."""
    return st.toggle("Select", key="selecting", on_change=_selection().clear)


def show_selection(records: Records, shown: Sequence[Record]) -> None:
    """Show how many records are selected, and what can be done with them."""
    selected = dict(_selection())
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{len(selected):,} selected**", width="content")
        st.button("All on this page", key="select-all", on_click=_select_all, args=(shown,))
        st.button("None", key="select-none", on_click=_select_none, args=(shown,), disabled=not selected)
        if selected:
            show_downloads(records, lambda: records.several(selected), "selected")
            if st.button("Delete", key="delete-selected", icon=":material/delete:"):
                _ask(records, selected)


def show_checkbox(record: Record, label: str) -> None:
    """Show the checkbox that selects a record."""
    # Given as a default that changes, the next of two fast clicks would be lost.
    st.session_state.setdefault(_box(record), is_selected(record))
    _select(record, st.checkbox(label, key=_box(record), width="stretch"))


def is_selected(record: Record) -> bool:
    """Whether a record is selected, with the picture it has."""
    return _selection().get(record.record_id) == record.image


def select_rows(shown: Sequence[Record], rows: Sequence[int]) -> None:
    """Select of the records shown those in these places, and no other of them."""
    for place, record in enumerate(shown):
        _select(record, place in rows)


def rows_key(shown: Sequence[Record]) -> str:
    """The key of a table of records to select from.

    A table keeps its selection by the places of rows: with other records in them it has to be another table.
    """
    return f"rows-{hash(tuple(record.image for record in shown))}"


def _box(record: Record) -> str:
    return f"select-{record.image}"


def _selection() -> dict[int, str]:
    """The ids of the selected records, each with the name of the picture it was shown with."""
    selected: dict[int, str] = st.session_state.setdefault("selection", {})
    return selected


def _select(record: Record, chosen: bool) -> None:
    if chosen:
        _selection()[record.record_id] = record.image
    else:
        _selection().pop(record.record_id, None)


def _select_all(shown: Sequence[Record]) -> None:
    select_rows(shown, range(len(shown)))
    _show_again(shown)


def _select_none(shown: Sequence[Record]) -> None:
    _selection().clear()
    _show_again(shown)


def _show_again(shown: Sequence[Record]) -> None:
    # What is on the page knows only what was clicked in it.
    for record in shown:
        if _box(record) in st.session_state:
            st.session_state[_box(record)] = is_selected(record)
    if rows_key(shown) in st.session_state:
        rows = [place for place, record in enumerate(shown) if is_selected(record)]
        st.session_state[rows_key(shown)] = {"selection": {"rows": rows}}


@st.dialog("Delete these?")
def _ask(records: Records, selected: Mapping[int, str]) -> None:
    try:
        there = records.several(selected)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not there:
        st.rerun()
    pictures = "".join(picture_of(records, record, 56, "3.5rem") for record in there[:_SEEN_AT_ONCE])
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{pictures}</div>')
    if len(there) > _SEEN_AT_ONCE:
        st.caption(f"and {len(there) - _SEEN_AT_ONCE:,} more")
    st.markdown(f"{counted(len(there))} will be deleted for good, with the pictures.")
    with st.container(horizontal=True):
        st.button(
            f"Delete {counted(len(there))}",
            key="delete-for-good",
            on_click=_delete,
            args=(records, {record.record_id: record.image for record in there}),
        )
        if st.button("Keep them", key="keep"):
            st.rerun()


def _delete(records: Records, shown: Mapping[int, str]) -> None:
    try:
        count = records.delete_several(shown)
        note(records.person, Activity.DELETE, counted(count))
    except StoreError as error:
        notice_error(error)
    else:
        for record_id in shown:
            forget_kept(record_id)
        _selection().clear()
        notice(f"{counted(count)} deleted for good, with the pictures.")
