"""Previews: the predictions that the browser requests while the pen moves."""

import json
import time

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.server.metrics import REGISTRY
from digitrec.web.draw.preview import DRAWING, preview_drawing
from digitrec.web.shared import preview as previews
from tests.support.page_actions import busy_server, draw, draw_number, result_html, upload
from tests.support.pictures import data_url, drawing_png, part_with_ink

PREVIEWS = WebSocketRoute("/preview", previews.preview_endpoint({DRAWING: preview_drawing}))


def source(app):
    """Return what the page tells the browser about previews."""
    [found] = [item.proto.json for item in app.get("bidi_component") if item.proto.component_name == "live_result"]
    return json.loads(found)["preview"]


@pytest.fixture
def ask(app):
    """Ask for a preview as the page in the browser does, and return its HTML, or the code of a closed websocket."""
    with TestClient(Starlette(routes=[PREVIEWS])) as client:

        def ask(image, token=None, lifted=False):
            with client.websocket_connect("/preview") as websocket:
                websocket.send_json({"token": token or source(app)["token"], "image": image, "lifted": lifted})
                try:
                    return websocket.receive_json().get("html")
                except WebSocketDisconnect as closed:
                    return closed.code

        yield ask


def test_preview_is_the_result_the_page_shows_and_leaves_no_trace(app, ask, history, setting):
    setting("API_OPEN", "false")
    verdict = "digitrec_verdicts_total", {"source": "canvas", "verdict": "digit"}
    before = REGISTRY.get_sample_value(*verdict)

    preview = ask(data_url(drawing_png(7)))

    assert history.count() == 0
    assert REGISTRY.get_sample_value(*verdict) == before
    draw(app, 7)
    assert preview == result_html(app)
    assert history.count() == 1


def test_script_does_not_recognize_the_lifted_drawing_again(app, ask):
    ask(data_url(drawing_png(7)), lifted=True)
    count = "digitrec_stage_seconds_count", {"stage": "infer"}
    before = REGISTRY.get_sample_value(*count)

    draw(app, 7)
    assert "7" in result_html(app)
    assert REGISTRY.get_sample_value(*count) == before
    draw(app, 4)
    assert REGISTRY.get_sample_value(*count) == before + 1


def test_preview_needs_only_the_part_of_the_canvas_with_ink(app, ask):
    assert ask(part_with_ink(samples()[7])) == ask(data_url(drawing_png(7)))
    assert source(app)["cropped"]


def test_preview_of_a_number_has_its_boxes(app, ask):
    draw_number(app, "2026")
    preview = ask(data_url(strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH)))

    assert preview == result_html(app)
    assert "Input with a box around each digit" in result_html(app)
    assert not source(app)["cropped"]


def test_previews_are_those_of_the_selected_models(app, ask):
    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()

    assert "Both models predict 7" in ask(data_url(drawing_png(7)))


@pytest.mark.parametrize("picture", ["Network input", "Saliency map"])
def test_picture_beside_the_result_is_live(app, ask, picture):
    app.segmented_control(key="picture").set_value(picture).run()
    preview = ask(data_url(drawing_png(7)))

    draw(app, 7)
    assert preview == result_html(app)
    assert f'alt="{picture}' in preview


def test_picture_is_that_of_one_model(app, ask):
    app.segmented_control(key="picture").set_value("Saliency map").run()
    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()

    assert "Saliency map" not in ask(data_url(drawing_png(7)))


def test_images_have_no_previews(app):
    upload(app, "seven.png", drawing_png(7))

    assert source(app) is None


def test_forged_or_expired_tokens_are_refused(app, ask, monkeypatch):
    image, token = data_url(drawing_png(7)), source(app)["token"]

    assert ask(image, token="forged") == 1008
    # The last character of a signature has bits that don't count.
    assert ask(image, token=token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]) == 1008
    monkeypatch.setattr(previews, "_TOKEN_SECONDS", -1)
    assert ask(image) == 1008


@pytest.mark.parametrize("image", ["", "no image", None, 7, data_url(b"no image"), data_url(bytes(200_000))])
def test_anything_but_a_drawing_is_refused(ask, image):
    assert ask(image) == 1003


@pytest.mark.parametrize(
    "message", ["", "[]", "{}", "7", '{"token": 7}', "[" * 100_000, b"{}"], ids=lambda message: None
)
def test_messages_of_another_form_are_refused(message):
    client = TestClient(Starlette(routes=[PREVIEWS]))
    with client.websocket_connect("/preview") as websocket, pytest.raises(WebSocketDisconnect):
        (websocket.send_bytes if isinstance(message, bytes) else websocket.send_text)(message)
        websocket.receive_json()


def test_drawing_must_have_the_size_of_its_canvas_unless_it_is_part_of_a_digit(app, ask):
    assert ask(data_url(strokes_to_png(samples()[7], NUMBER_CANVAS_WIDTH))) == 1003
    draw_number(app, "2026")
    assert ask(data_url(drawing_png(7))) == 1003
    assert ask(part_with_ink(samples()[7])) == 1003


def test_busy_server_previews_only_what_is_finished(ask):
    image = data_url(drawing_png(7))
    with busy_server():
        assert ask(image) is None
        assert "7" in ask(image, lifted=True)
    assert "7" in ask(image)


def test_session_has_a_limited_number_of_previews(ask, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    assert [ask("") for _ in range(16)] == [1003] * 15 + [None]
    now += 1.1
    assert ask("") == 1003
