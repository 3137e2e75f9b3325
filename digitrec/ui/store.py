"""The history of whoever uses the app."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import streamlit as st

from digitrec.accounts import LOCAL
from digitrec.errors import StoreError
from digitrec.recognition.recognition import Recognition, Verdict
from digitrec.settings import settings
from digitrec.store.records import Record, Records, open_records
from digitrec.store.statistics import overall
from digitrec.store.summary import Period, Summary, summary
from digitrec.ui.entry import Entry

_TRY_AGAIN_SECONDS = 4
_EVERYBODY_SECONDS = 60
_MANY = 5


@st.cache_resource(show_spinner=False)
def my_records() -> Records:
    """The records of the person at this session.

    Raises:
        StoreError: settings name no kind of database or place for pictures that there is.
    """
    return open_records(settings().data, LOCAL, settings().database_url, settings().pictures)


@st.cache_data(ttl=_EVERYBODY_SECONDS, show_spinner=False)
def everybodys_summary(period: Period, zone: ZoneInfo) -> Summary:
    """Everybody's records of a period in numbers, at most a minute old.

    Raises:
        StoreError: they cannot be read.
    """
    return summary(my_records().database, period, zone)


@st.cache_data(ttl=_EVERYBODY_SECONDS, show_spinner=False)
def are_many() -> bool:
    """Whether there are so many people that numbers over everybody tell nothing of any of them; a minute old at most.

    Raises:
        StoreError: they cannot be counted.
    """
    return overall(my_records().database).users >= _MANY


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the session knows to be kept: a record, of which content, read by which model, in which file."""

    record: Record
    content: tuple[int, str, int]


def remember(entry: Entry, recognition: Recognition) -> Record | None:
    """Keep what was read, once for each drawing however often the page runs, and say so when it is kept.

    A drawing that goes on changes its record. What has no ink is not kept. Returns the record if there is one; where
    the history cannot be written, the page says so and goes on trying.
    """
    if recognition.verdict is Verdict.BLANK:
        return None
    try:
        record = _keep(entry, recognition)
    except StoreError:
        _go_on_trying(entry, recognition)
        return None
    _say_kept(recognition)
    return record


@st.fragment(run_every=_TRY_AGAIN_SECONDS)
def _go_on_trying(entry: Entry, recognition: Recognition) -> None:
    try:
        _keep(entry, recognition)
    except StoreError as error:
        st.caption(f":material/warning: {error}")
    else:
        _say_kept(recognition)


def _say_kept(recognition: Recognition) -> None:
    st.caption(f":material/check: Saved in your history, as {recognition.model} read it")


def _keep(entry: Entry, recognition: Recognition) -> Record:
    kept: dict[tuple[str, str], _Kept] = st.session_state.setdefault("kept", {})
    before = kept.get((entry.source, entry.key))
    records = my_records()
    records.database.reopen_if_lost()
    content = hash(entry.data), recognition.model, records.database.generation
    if before and before.content == content:
        return before.record
    record = records.save(
        recognition,
        entry.source,
        strokes=entry.strokes,
        filename=entry.filename,
        instead=before.record if before else None,
    )
    kept[entry.source, entry.key] = _Kept(record, content)
    return record


def warn_of_lost_history() -> None:
    """Say that the data folder was taken away while the app ran, if it was, until the person has taken note."""
    try:
        database = my_records().database
        database.reopen_if_lost()
    except StoreError:
        return
    if database.generation > st.session_state.get("losses_noted", 0):
        st.warning(
            "The folder with the history was removed while the app ran. What was kept in it is gone; "
            "what is drawn from now on is kept in a new one.",
            icon=":material/folder_off:",
        )
        st.button("I see", key="note-loss", on_click=_note_losses, args=(database.generation,))


def _note_losses(generation: int) -> None:
    st.session_state.losses_noted = generation
