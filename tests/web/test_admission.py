"""Pages wait for a free slot."""

import pytest

from digitrec.services import services
from tests.support.page_actions import busy_server


@pytest.fixture(autouse=True)
def deadline(data_folder, monkeypatch):
    monkeypatch.setattr(services().admission._pages, "deadline_seconds", 0.01)


@pytest.mark.parametrize("page", ["history", "analytics", "explore", "models", "about"])
def test_page_says_that_the_server_is_busy(open_page, page):
    with busy_server():
        app = open_page(page)
    assert [warning.value for warning in app.warning] == ["The server is busy. Reload the page in a minute."]

    assert not app.run().warning


def test_draw_page_shows_its_canvas_while_the_server_is_busy(open_page):
    with busy_server():
        assert not open_page("draw").warning
