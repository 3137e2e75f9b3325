import json
import logging
import threading
from dataclasses import replace

import pytest
from sqlalchemy.exc import SQLAlchemyError

from digitrec.accounts.users import LOCAL_USER
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.server.logging import JSONFormatter
from digitrec.storage.api_keys import create_key
from digitrec.storage.database import Database
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.schema import Activity
from digitrec.storage.users import log_activity
from tests.api.test_predict import error_of
from tests.support.metrics import metric
from tests.support.pictures import data_url, drawing_png

SEVEN = drawing_png(7)
PARTS = "model", "number model", "database", "pictures"


def test_healthy_server_reports_every_part_as_ok(api):
    response = api().get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "parts": dict.fromkeys(PARTS, "ok")}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", PARTS)
def test_failing_part_is_named_and_its_reason_is_logged(api, recognizer, history, tmp_path, caplog, part):
    (tmp_path / "file").touch()
    where, broken = history, {}
    if part == "model":
        broken = {"load": lambda: DigitRecognizer(load_digit_model("missing", tmp_path))}
    elif part == "number model":
        broken = {"load_numbers": lambda: NumberRecognizer(load_line_model(tmp_path))}
    elif part == "database":
        where = History(Database("postgresql://ada:secret@127.0.0.1:9/x"), history.images, LOCAL_USER)
    else:
        where = replace(history, images=Images(tmp_path / "file" / "below"))

    response = api(history_of=lambda user: replace(where, user=user), **broken).get("/health")

    assert response.status_code == 503
    assert response.json() == {"status": "failing", "parts": dict.fromkeys(PARTS, "ok") | {part: "failing"}}
    assert f"The check of the {part} is failing: " in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("error", [SQLAlchemyError("no such column"), RuntimeError("interpreter lost")])
def test_unexpected_error_makes_its_part_failing(api, history, monkeypatch, caplog, error):
    def fail(work, complaint=""):
        raise error

    monkeypatch.setattr(history.database, "run", fail)

    response = api().get("/health")

    assert (response.status_code, response.json()["parts"]) == (
        503,
        dict.fromkeys(PARTS, "ok") | {"database": "failing"},
    )
    assert str(error) in caplog.text


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_monitors_may_send_head_requests(api, path):
    response = api().head(path)

    assert (response.status_code, response.text) == (200, "")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hanging_part_is_checked_once_and_delays_no_other(api, history, monkeypatch):
    calls, released = [], threading.Event()

    class Hanging(Images):
        def write(self, picture, name=None):
            calls.append(name)
            released.wait(60)
            return super().write(picture, name)

    monkeypatch.setattr("digitrec.api.health._DEADLINE_SECONDS", 1.5)
    monkeypatch.setattr("digitrec.api.health._FRESH_SECONDS", 0)
    hanging = replace(history, images=Hanging(history.images.folder))
    with api(history_of=lambda user: replace(hanging, user=user)) as client:
        for _ in range(2):
            assert client.get("/health").json()["parts"] == dict.fromkeys(PARTS, "ok") | {"pictures": "failing"}
            assert client.get("/ready").status_code == 200
        assert len(calls) == 1
        released.set()
        monkeypatch.setattr("digitrec.api.health._DEADLINE_SECONDS", 20)

        assert client.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestMetrics:
    def test_metrics_require_the_token(self, api, setting):
        client = api()
        error_of(client.get("/metrics"), 404, "not_found")
        error_of(client.get("/metrics", headers={"Authorization": "Bearer "}), 404, "not_found")
        setting("METRICS_TOKEN", "a token of some length")
        error_of(client.get("/metrics"), 401, "token_wrong")
        error_of(client.get("/metrics", headers={"Authorization": "Bearer another"}), 401, "token_wrong")

        response = client.get("/metrics", headers={"Authorization": "Bearer a token of some length"})

        assert response.status_code == 200
        assert "digitrec_queue_length" in response.text
        assert "process_resident_memory_bytes" in response.text

    def test_requests_verdicts_and_stages_are_counted(self, api, setting, work_clock):
        setting("LIMIT_API", "2/minute")

        def now():
            return [
                metric("digitrec_requests_total", path="/api/predict", status="200"),
                metric("digitrec_requests_total", path="/api/predict", status="400"),
                metric("digitrec_requests_total", path="/api/predict", status="429"),
                metric("digitrec_verdicts_total", source="api", verdict="digit"),
                metric("digitrec_refusals_total", reason="not_a_picture"),
                metric("digitrec_rejected_total", by="limit"),
                *(metric("digitrec_stage_seconds_count", stage=stage) for stage in ("wait", "preprocess", "infer")),
            ]

        client, before = api(), now()
        for file in (SEVEN, b"no picture", SEVEN):
            client.post("/predict", files={"file": file})

        assert [after - earlier for earlier, after in zip(before, now(), strict=True)] == [1, 1, 1, 1, 1, 1, 2, 2, 1]
        assert metric("digitrec_queue_length") == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_log_has_request_ids_but_no_personal_data(api, history, caplog, monkeypatch):
    log_activity(history.database, history.user, Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "laptop")
    headers = {"Authorization": f"Bearer {key}", "Cookie": "digitrec_guest=secret"}
    client = api()

    with caplog.at_level(logging.INFO, "digitrec"):
        monkeypatch.setattr(caplog.handler, "formatter", JSONFormatter())
        responses = [
            client.post("/predict?q=hidden", json={"image": data_url(SEVEN), "debug": True}, headers=headers),
            client.post("/predict", json={"image": data_url(SEVEN[:99])}, headers=headers),
            client.post("/predict", json={"picture": data_url(SEVEN)}, headers=headers),
            client.post("/predict", files={"file": ("hidden.png", SEVEN)}, headers={"Authorization": "Bearer wrong"}),
        ]

    lines = [json.loads(line) for line in caplog.text.splitlines()]
    logged = [(line["request_id"], line["status"]) for line in lines if line["logger"] == "digitrec.api.request_log"]
    assert logged == [(response.headers["x-request-id"], response.status_code) for response in responses]
    assert all({"time", "level", "message", "method", "path", "milliseconds"} <= set(line) for line in lines)
    for hidden in (data_url(SEVEN)[30:60], key, key[:15], "secret", "hidden", "wrong", LOCAL_USER.email, "laptop"):
        assert hidden not in caplog.text
