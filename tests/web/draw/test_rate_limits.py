import re

import pytest

from digitrec.services import services
from tests.support.page_actions import busy_server, draw, open_tab, text, upload
from tests.support.pictures import drawing_png


@pytest.fixture(autouse=True)
def address(monkeypatch):
    # AppTest has no connection, and so no address.
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", "1.2.3.4")


def test_rate_limit_says_when_it_retries_and_keeps_the_drawing(app, history, setting):
    setting("LIMIT_DRAWINGS", "2/minute")
    draw(app, 7)
    draw(app, 3)

    draw(app, 5)

    assert "Rate limit reached" in text(app)
    assert re.search(r"Your drawing is safe\. Retrying in \d+ s\.", text(app))
    assert not app.exception
    assert [saved.label for saved in history.newest(9)] == ["3"]
    setting("LIMIT_DRAWINGS", "3/minute")
    app.run()
    assert "Rate limit reached" not in text(app)
    assert [saved.label for saved in history.newest(9)] == ["5"]


def test_same_drawing_counts_once_toward_the_rate_limit(app, setting):
    setting("LIMIT_DRAWINGS", "1/minute")
    draw(app, 7)
    open_tab(app, "Steps")
    open_tab(app, "Recent")

    assert "Rate limit reached" not in text(app)


def test_uploads_have_their_own_rate_limit(app, setting):
    setting("LIMIT_DRAWINGS", "1/minute")
    setting("LIMIT_UPLOADS", "1/minute")
    draw(app, 7)
    upload(app, "seven.png", drawing_png(7))
    assert "Rate limit reached" not in text(app)

    upload(app, "three.png", drawing_png(3))

    assert "Rate limit reached" in text(app)


def test_busy_page_retries_twice_and_then_waits_for_the_user(app, history, monkeypatch):
    monkeypatch.setattr(services().admission._pages, "deadline_seconds", 0.05)
    with busy_server():
        draw(app, 7)
        for _ in range(2):
            assert "Server busy" in text(app)
            assert "Your drawing is safe. Retrying." in text(app)
            assert "retry" not in [button.key for button in app.button]
            app.run()
        assert "Your drawing is safe. Try again in a moment." in text(app)
        assert history.count() == 0
    app.button(key="retry").click().run()

    assert "Server busy" not in text(app)
    assert [saved.label for saved in history.newest(9)] == ["7"]
