import shutil
import time
from functools import cache, partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest, app_test

from digitrec.accounts import sign_in as auth
from digitrec.accounts.users import LOCAL_USER
from digitrec.prediction import InputMethod
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.services import services
from digitrec.web.draw.recognize import recognize_drawing

DAY = 24 * 60 * 60
ISSUER = "https://accounts.google.com"
ENTRY = Path(__file__).parents[2] / "streamlit_app.py"

# Every AppTest would scan all installed packages for components, which takes half a second each time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
# Each run would compile the scripts again.
app_test.ScriptCache = cache(app_test.ScriptCache)
# AppTest has no connection, and would make mocks of one every time.
ContextProxy.ip_address = None
# After each run Streamlit clears Keras's session, with a full garbage collection, if any test has imported Keras.
script_runner._clean_problem_modules = lambda: None


def run_entry(user_input):
    namespace = {"__name__": "__main__", "__file__": user_input}
    exec(compiled(user_input), namespace)


@cache
def compiled(script):
    return compile(Path(script).read_text(), script, "exec")


def claims(sub, days_ago=0.0, **more):
    profile = {"email": f"{sub}@example.org", "email_verified": True, "name": sub.capitalize()}
    return {"iss": ISSUER, "sub": sub, "provider": "google", "iat": time.time() - days_ago * DAY, **profile, **more}


@pytest.fixture
def data_folder(setting, tmp_path, migrated_sqlite):
    """Return a data folder for one test, with an empty history."""
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(migrated_sqlite, tmp_path / "data")
    setting("DATA", tmp_path / "data")
    services.cache_clear()
    recognize_drawing.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path / "data"
    services().database.engine.dispose()
    services.cache_clear()


@pytest.fixture
def unopened_app(monkeypatch, data_folder):
    """Return the app before its first run."""
    # AppTest forgets before each run that st.navigation has run, and would start pages without the router.
    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._mpa_v1", run_entry)
    return AppTest.from_file(ENTRY, default_timeout=20)


@pytest.fixture
def app(unopened_app):
    """Open the app on the Draw page."""
    return unopened_app.run()


@pytest.fixture
def history(data_folder):
    """Return the history of the local user."""
    return services().history_of(LOCAL_USER)


@pytest.fixture
def open_page(unopened_app):
    """Return a function that opens a page with query parameters."""

    def open_page(page, /, **parameters):
        unopened_app.switch_page(f"pages/{page}.py")
        unopened_app.query_params = parameters
        return unopened_app.run()

    return open_page


@pytest.fixture
def open_history_page(open_page):
    return partial(open_page, "history")


@pytest.fixture
def sign_in(app, monkeypatch):
    """Set up sign-in, and open the app as the user with these claims, or as a guest if there are none."""
    config = auth.SignIn(("google",), "http://localhost:8501/oauth2callback")
    # The original last: a module that is first imported here would keep the replacement.
    for module in ("current_user", "sign_in", "deletion"):
        monkeypatch.setattr(f"digitrec.web.shared.{module}.sign_in", lambda: config)
    monkeypatch.setattr(auth, "sign_in", lambda: config)

    # AppTest has no browser whose cookies could be read.
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})

    def sign_in(claims):
        # Coming back from the provider starts a new session.
        opened = AppTest.from_file(ENTRY, default_timeout=20)
        opened.user = {"is_logged_in": True, **claims} if claims else {"is_logged_in": False}
        return opened.run()

    return sign_in


@pytest.fixture
def saved_number(history, number_recognizer):
    """A drawn number in the history."""
    strokes = write_number("2026", samples())
    return history.save(
        number_recognizer.recognize(strokes_to_png(strokes, NUMBER_CANVAS_WIDTH), InputMethod.CANVAS),
        InputMethod.CANVAS,
        strokes=strokes,
    )
