from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ENTRY = Path(__file__).parents[2] / "streamlit_app.py"


@pytest.fixture
def app(monkeypatch):
    """The app, opened by its entry script on the Draw page."""
    # Beside a folder named pages, AppTest runs a page without its router; the server, which server.py tells
    # that there is a router, does not.
    monkeypatch.setattr(
        "streamlit.runtime.scriptrunner.script_runner._mpa_v1",
        lambda entry: exec(compile(Path(entry).read_text(), entry, "exec"), {"__name__": "__main__"}),
    )
    return AppTest.from_file(ENTRY, default_timeout=20).run()
