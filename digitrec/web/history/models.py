"""The models in a user's history."""

import streamlit as st

from digitrec.accounts.users import Person
from digitrec.storage.history import Records
from digitrec.web.shared.history import records_of

_MODELS_SECONDS = 60


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
