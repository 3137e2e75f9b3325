import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from digitrec.server import rate_limits as limits
from digitrec.server.admission import reading_queue
from digitrec.server.metrics import REGISTRY
from tests.support.page_actions import draw, text, upload
from tests.support.pictures import drawing_png


@pytest.fixture(autouse=True)
def nobody_counted_yet(monkeypatch):
    limits._rate_limits.cache_clear()
    # AppTest has no connection that could come from somewhere.
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", "1.2.3.4")


@contextmanager
def full_queue():
    """The queue of this process, with no room until the end."""
    go_on, room = Event(), 1 + os.cpu_count()
    with ThreadPoolExecutor() as threads:
        for _ in range(room):
            threads.submit(reading_queue().read, go_on.wait)
        while REGISTRY.get_sample_value("digitrec_queue_length") < room:
            time.sleep(0.01)
        yield
        go_on.set()


def test_who_draws_too_much_is_told_when_and_nothing_is_lost(app, history, setting):
    setting("LIMIT_DRAWINGS", "2/minute")
    draw(app, 7)
    draw(app, 3)

    draw(app, 5)

    assert "One moment" in text(app)
    assert "Nothing is lost" in text(app)
    assert "seconds" in text(app)
    assert not app.exception
    assert [one.label for one in history.newest(9)] == ["3"]
    setting("LIMIT_DRAWINGS", "3/minute")
    app.run()
    assert "One moment" not in text(app)
    assert [one.label for one in history.newest(9)] == ["5"]


def test_same_drawing_counts_once(app, setting):
    setting("LIMIT_DRAWINGS", "1/minute")
    draw(app, 7)
    app.toggle(key="debug").set_value(True).run()
    app.toggle(key="debug").set_value(False).run()

    assert "One moment" not in text(app)


def test_uploads_have_a_limit_of_their_own(app, setting):
    setting("LIMIT_DRAWINGS", "1/minute")
    setting("LIMIT_UPLOADS", "1/minute")
    draw(app, 7)
    upload(app, "seven.png", drawing_png(7))
    assert "One moment" not in text(app)

    upload(app, "three.png", drawing_png(3))

    assert "One moment" in text(app)


def test_busy_server_is_tried_again_twice_and_then_waits_for_the_person(app, history, setting):
    setting("QUEUE", 1)
    with full_queue():
        draw(app, 7)
        for _ in range(2):
            assert "Busy, trying again" in text(app)
            app.run()
        assert "Too busy" in text(app)
        assert history.count() == 0
    app.run()

    assert "Too busy" not in text(app)
    assert [one.label for one in history.newest(9)] == ["7"]
