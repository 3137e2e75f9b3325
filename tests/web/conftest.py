from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from digitrec.accounts.users import LOCAL_USER
from digitrec.services import services

ENTRY = Path(__file__).parents[2] / "streamlit_app.py"

# Each app would look through all that is installed for components, which takes half a second and finds the same.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def run_entry(user_input):
    namespace = {"__name__": "__main__", "__file__": user_input}
    exec(compile(Path(user_input).read_text(), user_input, "exec"), namespace)


@pytest.fixture
def data_folder(setting, tmp_path):
    """An empty folder for the history of one test."""
    setting("DATA", tmp_path / "data")
    services.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path / "data"
    services().database.engine.dispose()
    services.cache_clear()


@pytest.fixture
def app(monkeypatch, data_folder):
    """The app, opened by its entry script on the Draw page."""
    # AppTest forgets before each run that st.navigation has run, and would start pages without the router.
    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._mpa_v1", run_entry)
    return AppTest.from_file(ENTRY, default_timeout=20).run()


@pytest.fixture
def history(data_folder):
    """What the app keeps of the one local person."""
    return services().history_of(LOCAL_USER)


@pytest.fixture
def open_history_page(app):
    """Opens the History page, with parameters in its address where there are any."""

    def open_history_page(**parameters):
        app.switch_page("pages/history.py")
        app.query_params = parameters
        return app.run()

    return open_history_page
