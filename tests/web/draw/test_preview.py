"""Previews: the predictions that the browser requests while the pen moves."""

import base64
import json
from contextlib import ExitStack

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.server.metrics import REGISTRY
from digitrec.services import services
from digitrec.web.draw import preview as previews
from tests.support.page_actions import answer, draw, draw_number, upload
from tests.support.pictures import drawing_png


def source(app):
    """Return what the page tells the browser about previews."""
    [found] = [item.proto.json for item in app.get("bidi_component") if item.proto.component_name == "answer"]
    return json.loads(found)["preview"]


def data_url(png):
    return b"data:image/png;base64," + base64.b64encode(png)


@pytest.fixture
def ask(app):
    """Ask for a preview as the page in the browser does."""
    with TestClient(Starlette(routes=[Route("/preview", previews.preview, methods=["POST"])])) as client:

        def ask(body, token=None, **headers):
            headers = {"Sec-Fetch-Site": "same-origin", "X-Preview-Token": token or source(app)["token"], **headers}
            return client.post("/preview", content=body, headers=headers)

        yield ask


def test_preview_is_the_answer_the_page_shows_and_leaves_no_trace(app, ask, history, setting):
    setting("API_OPEN", "false")
    verdict = "digitrec_verdicts_total", {"source": "canvas", "verdict": "digit"}
    before = REGISTRY.get_sample_value(*verdict)

    response = ask(data_url(drawing_png(7)))

    assert response.status_code == 200
    assert history.count() == 0
    assert REGISTRY.get_sample_value(*verdict) == before
    draw(app, 7)
    assert response.json()["answer"] == answer(app)
    assert history.count() == 1


def test_preview_of_a_number_has_its_boxes(app, ask):
    draw_number(app, "2026")
    response = ask(data_url(strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH)))

    assert response.json()["answer"] == answer(app)
    assert "Input with a box around each digit" in answer(app)


def test_previews_are_those_of_the_selected_models(app, ask):
    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()

    assert "Both models predict 7" in ask(data_url(drawing_png(7))).json()["answer"]


def test_images_have_no_previews(app):
    upload(app, "seven.png", drawing_png(7))

    assert source(app) is None


def test_forged_or_expired_tokens_and_other_sites_are_refused(app, ask, monkeypatch):
    body, token = data_url(drawing_png(7)), source(app)["token"]

    assert ask(body, token="forged").status_code == 403
    assert ask(body, token=token[:-1] + ("A" if token[-1] != "A" else "B")).status_code == 403
    assert ask(body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ask(body, **{"Sec-Fetch-Site": "", "Origin": "https://evil.example"}).status_code == 403
    assert ask(body, **{"Sec-Fetch-Site": "", "Origin": "http://testserver"}).status_code == 200
    monkeypatch.setattr(previews, "_TOKEN_SECONDS", -1)
    assert ask(body).status_code == 403


@pytest.mark.parametrize("body", [b"", b"no image", data_url(b"no image"), data_url(bytes(200_000))])
def test_anything_but_a_drawing_is_refused(ask, body):
    assert ask(body).status_code == 400


def test_busy_server_drops_previews(ask, monkeypatch):
    monkeypatch.setattr(services().admission._previews, "deadline_seconds", 0.01)
    body = data_url(drawing_png(7))
    with ExitStack() as others:
        for _ in range(2):
            others.enter_context(services().admission.page_run())

        assert ask(body).status_code == 204
        assert ask(body, **{"X-Pen-Lifted": "1"}).status_code == 204
    assert ask(body).status_code == 200


def test_session_has_a_limited_number_of_previews(ask):
    statuses = [ask(b"").status_code for _ in range(60)]

    assert statuses[0] == 400
    assert 204 in statuses
