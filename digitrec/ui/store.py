"""The history of whoever uses the app."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import streamlit as st

from digitrec.accounts import LOCAL, Person
from digitrec.errors import StoreError
from digitrec.recognition.number import AnyRecognition
from digitrec.recognition.recognition import Source
from digitrec.settings import settings
from digitrec.store.readings import Period, Readings, readings, version
from digitrec.store.record import Record
from digitrec.store.records import Attempt, Records, open_records
from digitrec.store.schema import Activity
from digitrec.store.statistics import people
from digitrec.store.summary import FEWEST_PEOPLE, Summary, summary
from digitrec.ui.entry import Entry
from digitrec.ui.identity import current_person
from digitrec.ui.pictures import forget_thumbnails
from digitrec.ui.words import truth

_TRY_AGAIN_SECONDS = 4
_SUMMARY_SECONDS = 60
_SUMMARIES = 200
_EVERYBODY_PERIODS = 4
"""For how many choices of time everybody's readings are held; those of a million records take 64 MB."""
_MODELS_SECONDS = 60
GUEST_RECORDS = 20
"""How many records are kept of a guest."""
_ACTIVITIES = {
    Source.CANVAS: Activity.DRAW,
    Source.SAMPLE: Activity.DRAW,
    Source.UPLOAD: Activity.UPLOAD_IMAGE,
    Source.CAMERA: Activity.CAMERA,
}


def my_records() -> Records:
    """The records of the person at this session.

    Raises:
        StoreError: settings name no kind of database or place for pictures that there is.
    """
    return records_of(current_person())


def records_of(person: Person) -> Records:
    """The records of a person, in the one store of the server.

    Raises:
        StoreError: settings name no kind of database or place for pictures that there is.
    """
    return replace(_store(), person=person)


@st.cache_resource(show_spinner=False)
def _store() -> Records:
    return open_records(settings().data, LOCAL, settings().database_url, settings().pictures)


def models_of(records: Records) -> list[str]:
    """The names of the models that read a person's records, a minute old at most where another session recorded.

    Raises:
        StoreError: they cannot be read.
    """
    return _models(records.person, records.database.generation, st.session_state.get("drawn", 0))


@st.cache_data(ttl=_MODELS_SECONDS, show_spinner=False)
def _models(person: Person, generation: int, drawn: int) -> list[str]:
    # Another database and another drawing only make the answer another one.
    return records_of(person).models()


def my_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """One's own records of a period in numbers, all or those read as one digit, counted anew when one has changed.

    Raises:
        StoreError: they cannot be read.
    """
    records = my_records()
    state = records.database.generation, version(records.database, records.person)
    return _my_summary(records.person, state, period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_SUMMARIES, show_spinner=False)
def _my_summary(person: Person, state: object, period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    return records_of(person).summary(period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_SUMMARIES, show_spinner="Counting")
def everybodys_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """Everybody's records of a period in numbers, all or those read as one digit, at most a minute old.

    Raises:
        StoreError: they cannot be read.
    """
    return summary(_everybodys_readings(period), period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_EVERYBODY_PERIODS, show_spinner=False)
def _everybodys_readings(period: Period) -> Readings:
    return readings(_store().database, period)


@st.cache_data(ttl=_SUMMARY_SECONDS, show_spinner=False)
def are_many() -> bool:
    """Whether there are so many people that numbers over everybody may be asked for; a minute old at most.

    Raises:
        StoreError: they cannot be counted.
    """
    return people(_store().database) >= FEWEST_PEOPLE


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the session knows to be kept: a record, of which drawing, with which content."""

    record: Record | None
    """None where it was deleted since."""
    key: str
    content: tuple[int, str, int]


def remember(entry: Entry | None, recognition: AnyRecognition | None) -> Record | None:
    """Keep what was read, once for each drawing however often the page runs, and say so when it is kept.

    A drawing that goes on changes its record. What has no ink is not kept. Returns the record if there is one; where
    the history cannot be written, the page says so and goes on trying. There is a line of words in every case, so
    that nothing below it moves.
    """
    if not entry or not recognition or not recognition.label:
        st.caption(":material/history: What is read is saved in your history.")
        return None
    try:
        record = _keep(entry, recognition)
    except StoreError:
        _go_on_trying(entry, recognition)
        return None
    _say_kept(record)
    return record


@st.fragment(run_every=_TRY_AGAIN_SECONDS)
def _go_on_trying(entry: Entry, recognition: AnyRecognition) -> None:
    try:
        _say_kept(_keep(entry, recognition))
    except StoreError as error:
        st.caption(f":material/warning: {error}")


def _say_kept(record: Record | None) -> None:
    if record:
        said = f". You say it is {truth(record)}." if record.true_label else ""
        st.caption(f":material/check: Saved in your history, as {record.model} read it{said}")
    else:
        st.caption(":material/delete: You deleted this one. It is kept again when you draw on.")


def _keep(entry: Entry, recognition: AnyRecognition) -> Record | None:
    kept: dict[str, _Kept] = st.session_state.setdefault("kept", {})
    records = my_records()
    records.database.reopen_if_lost()
    content = hash(entry.data), recognition.model, records.database.generation
    before = kept.get(entry.source)
    if before and before.key != entry.key:
        before = None
    if before and before.record and before.record.true_label and before.record.mode is not recognition.mode:
        # What somebody told of a number stays with it, when it is read as a digit now.
        before = None
    if before and before.content == content:
        return before.record
    # Of a try that failed nobody knows whether it was kept after all: the next one finds out.
    tried, attempt = st.session_state.get("attempt", (None, None))
    if tried != (entry.source, entry.key, content):
        attempt = Attempt()
        st.session_state.attempt = (entry.source, entry.key, content), attempt
    record = records.save(
        recognition,
        entry.source,
        strokes=entry.strokes,
        filename=entry.filename,
        # That has to be told anew when the drawing has changed, and not when another model reads it.
        true_label=before.record.true_label if before and before.record and before.content[0] == content[0] else None,
        instead=before.record if before else None,
        attempt=attempt,
        activity=_ACTIVITIES[entry.source],
        keep=GUEST_RECORDS if records.person.is_guest else None,
    )
    st.session_state.pop("attempt")
    kept[entry.source] = _Kept(record, entry.key, content)
    if not before or not before.record or record.record_id != before.record.record_id:
        st.session_state.drawn = st.session_state.get("drawn", 0) + 1
    return record


def forget_kept(record_id: int | None = None) -> None:
    """Take a record, or with None every one, for deleted, so that what is still on the canvas is not kept anew."""
    kept: dict[str, _Kept] = st.session_state.get("kept", {})
    for source, one in kept.items():
        if one.record and record_id in (None, one.record.record_id):
            kept[source] = replace(one, record=None)
    st.session_state.pop("strip", None)
    forget_thumbnails()


def keep_corrected(record: Record) -> None:
    """Know a record of this session as it was just corrected."""
    kept: dict[str, _Kept] = st.session_state.get("kept", {})
    for source, one in kept.items():
        if one.record and one.record.record_id == record.record_id:
            kept[source] = replace(one, record=record)


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
