"""Saving what was recognized, once for each drawing."""

from dataclasses import dataclass, replace

import streamlit as st

from digitrec.errors import StoreError
from digitrec.prediction import AnyRecognition, Source
from digitrec.storage.history import Attempt
from digitrec.storage.saved_prediction import Record
from digitrec.storage.schema import Activity
from digitrec.web.shared.history import my_records
from digitrec.web.shared.names import truth
from digitrec.web.shared.thumbnails import forget_thumbnails
from digitrec.web.shared.user_input import Entry

_TRY_AGAIN_SECONDS = 4


GUEST_RECORDS = 20
"""How many records are kept of a guest."""


_ACTIVITIES = {
    Source.CANVAS: Activity.DRAW,
    Source.SAMPLE: Activity.DRAW,
    Source.UPLOAD: Activity.UPLOAD_IMAGE,
    Source.CAMERA: Activity.CAMERA,
}


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
