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
from tests.api.conftest import count_noun, data_url
from tests.api.test_predict import fault
from tests.support.pictures import drawing_png

SEVEN = drawing_png(7)
PARTS = "model", "number model", "database", "pictures"


def test_whole_server_is_well(api):
    answer = api().get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "parts": dict.fromkeys(PARTS, "ok")}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", PARTS)
def test_part_that_fails_is_named_and_its_reason_stands_in_the_log(api, recognizer, history, tmp_path, caplog, part):
    (tmp_path / "file").touch()
    where, broken = history, {}
    if part == "model":
        broken = {"load": lambda: DigitRecognizer(load_digit_model("nobody", tmp_path))}
    elif part == "number model":
        broken = {"load_numbers": lambda: NumberRecognizer(load_line_model(tmp_path))}
    elif part == "database":
        where = History(Database("postgresql://ada:secret@127.0.0.1:9/x"), history.images, LOCAL_USER)
    else:
        where = replace(history, images=Images(tmp_path / "file" / "below"))

    answer = api(history_of=lambda user: replace(where, user=user), **broken).get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "parts": dict.fromkeys(PARTS, "ok") | {part: "failing"}}
    assert f"The {part} is failing: " in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("error", [SQLAlchemyError("no such column"), RuntimeError("interpreter lost")])
def test_unexpected_error_makes_its_part_failing(api, history, monkeypatch, caplog, error):
    def fail(work, complaint=""):
        raise error

    monkeypatch.setattr(history.database, "run", fail)

    answer = api().get("/health")

    assert (answer.status_code, answer.json()["parts"]) == (503, dict.fromkeys(PARTS, "ok") | {"database": "failing"})
    assert str(error) in caplog.text


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_monitors_may_ask_for_the_head_alone(api, path):
    answer = api().head(path)

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_part_that_says_nothing_is_asked_once_and_holds_up_no_other(api, history, monkeypatch):
    parsed, go_on = [], threading.Event()

    class Silent(Images):
        def write(self, picture, name=None):
            parsed.append(name)
            go_on.wait(60)
            return super().write(picture, name)

    monkeypatch.setattr("digitrec.api.health._DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr("digitrec.api.health._FRESH_SECONDS", 0)
    silent = replace(history, images=Silent(history.images.folder))
    with api(history_of=lambda user: replace(silent, user=user)) as client:
        for _ in range(3):
            assert client.get("/health").json()["parts"] == dict.fromkeys(PARTS, "ok") | {"pictures": "failing"}
            assert client.get("/ready").status_code == 200
        assert len(parsed) == 1
        go_on.set()
        monkeypatch.setattr("digitrec.api.health._DEADLINE_SECONDS", 20)

        assert client.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestMetrics:
    def test_nobody_sees_them_without_the_token(self, api, setting):
        client = api()
        fault(client.get("/metrics"), 404, "not_found")
        fault(client.get("/metrics", headers={"Authorization": "Bearer "}), 404, "not_found")
        setting("METRICS_TOKEN", "a token of some length")
        fault(client.get("/metrics"), 401, "token_wrong")
        fault(client.get("/metrics", headers={"Authorization": "Bearer another"}), 401, "token_wrong")

        answer = client.get("/metrics", headers={"Authorization": "Bearer a token of some length"})

        assert answer.status_code == 200
        assert "digitrec_queue_length" in answer.text
        assert "process_resident_memory_bytes" in answer.text

    def test_what_happens_is_counted(self, api, setting):
        setting("LIMIT_API", "2/minute")

        def now():
            return [
                count_noun("digitrec_requests_total", path="/api/predict", status="200"),
                count_noun("digitrec_requests_total", path="/api/predict", status="400"),
                count_noun("digitrec_requests_total", path="/api/predict", status="429"),
                count_noun("digitrec_verdicts_total", source="api", verdict="digit"),
                count_noun("digitrec_refusals_total", reason="not_a_picture"),
                count_noun("digitrec_rejected_total", by="limit"),
                *(count_noun("digitrec_stage_seconds_count", stage=stage) for stage in ("wait", "preprocess", "infer")),
            ]

        client, before = api(), now()
        for file in (SEVEN, b"no picture", SEVEN):
            client.post("/predict", files={"file": file})

        assert [after - earlier for earlier, after in zip(before, now(), strict=True)] == [1, 1, 1, 1, 1, 1, 2, 2, 1]
        assert count_noun("digitrec_queue_length") == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_log_tells_each_request_by_its_id_and_nothing_of_whom_or_what(api, history, caplog):
    history.log(Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "laptop")
    headers = {"Authorization": f"Bearer {key}", "Cookie": "digitrec_guest=secret"}
    client = api()

    with caplog.at_level(logging.INFO, "digitrec"):
        caplog.handler.setFormatter(JSONFormatter())
        answers = [
            client.post("/predict?q=hidden", json={"image": data_url(SEVEN), "debug": True}, headers=headers),
            client.post("/predict", json={"image": data_url(SEVEN[:99])}, headers=headers),
            client.post("/predict", json={"picture": data_url(SEVEN)}, headers=headers),
            client.post("/predict", files={"file": ("hidden.png", SEVEN)}, headers={"Authorization": "Bearer wrong"}),
        ]

    lines = [json.loads(line) for line in caplog.text.splitlines()]
    told = [(line["request_id"], line["status"]) for line in lines if line["logger"] == "digitrec.api.request_log"]
    assert told == [(answer.headers["x-request-id"], answer.status_code) for answer in answers]
    assert all({"time", "level", "message", "method", "path", "milliseconds"} <= set(line) for line in lines)
    for hidden in (data_url(SEVEN)[30:60], key, key[:15], "secret", "hidden", "wrong", LOCAL_USER.email, "laptop"):
        assert hidden not in caplog.text
