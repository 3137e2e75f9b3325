"""The history of whoever uses the app."""

import streamlit as st

from digitrec.accounts import LOCAL
from digitrec.errors import StoreError
from digitrec.recognition.recognition import Recognition, Verdict
from digitrec.settings import settings
from digitrec.store.database import Database
from digitrec.store.images import Images
from digitrec.store.records import Record, Records
from digitrec.ui.entry import Entry


@st.cache_resource(show_spinner=False)
def _store() -> tuple[Database, Images]:
    return Database(settings().data / "digitrec.sqlite"), Images(settings().data / "images")


def my_records() -> Records:
    """The records of the person at this session.

    Raises:
        StoreError: the database cannot be opened; the next call tries again.
    """
    return Records(*_store(), LOCAL)


def remember(entry: Entry, recognition: Recognition) -> Record | None:
    """Keep what was read, once for each drawing however often the page runs, and say so when it is kept.

    A drawing that goes on changes its record. What has no ink is not kept. Returns the record if there is one.
    """
    if recognition.verdict is Verdict.BLANK:
        return None
    kept: dict[tuple[str, str], tuple[Record, int]] = st.session_state.setdefault("kept", {})
    record, content = kept.get((entry.source, entry.key), (None, None))
    if content != hash(entry.data):
        try:
            record = my_records().save(recognition, entry.source, instead=record)
        except StoreError as error:
            st.caption(f":material/warning: {error}")
            return None
        kept[entry.source, entry.key] = record, hash(entry.data)
    st.caption(":material/check: Saved in your history")
    return record


def warn_of_lost_history() -> None:
    """Say that the data folder was taken away while this person used the app, if it was."""
    try:
        generation = my_records().database.generation
    except StoreError:
        return
    if generation != st.session_state.setdefault("store_generation", generation):
        st.warning(
            "The folder with the history was removed while the app ran. What was kept in it is gone; "
            "what is drawn from now on is kept in a new one.",
            icon=":material/folder_off:",
        )
