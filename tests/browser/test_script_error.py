import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from digitrec.accounts.users import LOCAL_USER
from digitrec.prediction import InputMethod
from digitrec.storage.history import open_history
from tests.support.app import running_app
from tests.support.pictures import drawing_png


@pytest.mark.full
def test_broken_page_shows_an_error_and_logs_the_reason(new_page, recognizer, tmp_path, capfd):
    history = open_history(tmp_path, LOCAL_USER)
    history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    history.database.engine.dispose()
    with closing(sqlite3.connect(tmp_path / "digitrec.sqlite")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = 1")
        database.execute("UPDATE predictions SET verdict = 'nonsense'")

    with running_app(DIGITREC_DATA=str(tmp_path), DIGITREC_LOG_FORMAT="json") as server:
        page = new_page()
        page.goto(f"{server.url}/history")
        expect(page.get_by_text("Reload the page to continue")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.close()
    assert "'nonsense' is not a valid Verdict" in capfd.readouterr().err
