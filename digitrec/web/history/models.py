"""The models in a user's history."""

import streamlit as st

from digitrec.accounts.users import User
from digitrec.storage.history import History
from digitrec.web.shared.history import history_of
from digitrec.web.shared.session import session

_MODELS_SECONDS = 60


def models_of(history: History) -> list[str]:
    """The names of the models that read a person's records, a minute old at most where another session recorded.

    Raises:
        StoreError: they cannot be read.
    """
    return _models(history.user, history.database.generation, session().saved_count)


@st.cache_data(ttl=_MODELS_SECONDS, show_spinner=False)
def _models(user: User, generation: int, drawn: int) -> list[str]:
    # Another database and another drawing only make the answer another one.
    return history_of(user).models()
