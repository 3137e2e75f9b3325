"""The API of the real server, beside its pages."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from digitrec.accounts.users import LOCAL_USER
from digitrec.config import ROOT
from digitrec.prediction import InputMethod
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.storage.api_keys import create_key
from digitrec.storage.history import open_history
from digitrec.storage.schema import Activity
from tests.support.app import running_app
from tests.support.pictures import drawing_png

EXAMPLES = re.findall(r"```(bash|python)\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)
LIMIT = 40


def ask(url, headers=None, body=None):
    request = urllib.request.Request(url, body, headers or {})
    try:
        return urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        return error


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the examples find their pictures, and the server its data and its log."""
    folder = tmp_path_factory.mktemp("examples")
    for name, digit in (("seven", 7), ("three", 3)):
        (folder / f"{name}.png").write_bytes(drawing_png(digit))
    (folder / "seventeen.png").write_bytes(strokes_to_png(write_number("17", samples()), NUMBER_CANVAS_WIDTH))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    log = ("sh", "-c", f'exec "$@" 2> "{folder}/log"', "sh")
    environment = {"DIGITREC_LIMIT_API": f"{LIMIT}/minute", "DIGITREC_LOG_FORMAT": "json"}
    with running_app(DIGITREC_DATA=str(folder / "data"), within=log, **environment) as server:
        yield server


@pytest.fixture(scope="module")
def history(folder):
    history = open_history(folder / "data", LOCAL_USER)
    yield history
    history.database.engine.dispose()


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_example_of_the_documentation_runs(server, folder, history, language, code):
    history.log(Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "example") if "$KEY" in code else ""
    command = ["bash", "-euc"] if language == "bash" else [sys.executable, "-c"]
    command.append(code.replace("http://localhost:8501", server.url).replace("curl ", "curl -sS --fail-with-body "))

    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, "KEY": key}, capture_output=True, text=True, timeout=60
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    if language == "python":
        assert ran.stdout.startswith("7 ")
    elif "batch" in code:
        assert [one["answer"]["digit"] for one in json.loads(ran.stdout)["results"]] == [7, 3]
    elif "number" in code:
        assert json.loads(ran.stdout)["number"] == "17"
    elif "health" in code:
        assert json.loads(ran.stdout)["status"] == "ok"
    else:
        answer = json.loads(ran.stdout)
        assert (answer["digit"], answer["recorded"]) == (7, bool(key))
    if key:
        assert [(one.label, one.input_method) for one in history.newest(9)] == [("7", InputMethod.API)]


def test_server_is_warm_before_it_answers(server, folder):
    assert "Warmed up in" in (folder / "log").read_text()


def test_examples_of_the_schema_run(server):
    schema = json.load(ask(f"{server.url}/api/openapi.json"))
    ran = 0
    for path, methods in schema["paths"].items():
        if "post" in methods:
            body = methods["post"]["requestBody"]["content"]["application/json"]["example"]
            answer = ask(f"{server.url}/api{path}", {"Content-Type": "application/json"}, json.dumps(body).encode())
            found = json.load(answer)
            digits = [one["answer"]["digit"] for one in found["results"]] if "results" in found else [found["digit"]]
            assert digits == [7, 3][: len(digits)]
            ran += 1
    assert ran == 2


def test_address_of_the_api_itself_leads_to_its_documentation(server):
    for path in ("/api", "/api/"):
        assert ask(f"{server.url}{path}").url == f"{server.url}/api/docs"


def test_unknown_addresses_are_the_api_s_below_it_and_pages_elsewhere(server):
    assert json.load(ask(f"{server.url}/api/nothing"))["error"]["code"] == "not_found"
    assert ask(f"{server.url}/history").headers["content-type"].startswith("text/html")


def test_address_behind_a_proxy_is_taken_from_trusted_proxies_alone(server, folder):
    def remaining(url, address):
        body = json.dumps({"image": "data:image/png;base64,"}).encode()
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        return int(ask(f"{url}/api/predict", headers, body).headers["ratelimit-remaining"])

    # By default loopback is trusted, and each address behind it has its own limit.
    assert [remaining(server.url, address) for address in ("1.2.3.4", "5.6.7.8", "1.2.3.4")] == [
        LIMIT - 1,
        LIMIT - 1,
        LIMIT - 2,
    ]
    environment = {"FORWARDED_ALLOW_IPS": "10.0.0.0/8", "DIGITREC_DATA": str(folder / "other")}
    with running_app(**environment, DIGITREC_LIMIT_API=f"{LIMIT}/minute") as other:
        assert [remaining(other.url, address) for address in ("1.2.3.4", "5.6.7.8")] == [LIMIT - 1, LIMIT - 2]


def test_lines_of_the_log_are_json_with_the_id_that_the_answer_has(server, folder):
    def write_number():
        # But for LiteRT's own line, written past Python.
        lines = (folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if not line.startswith("INFO: Created TensorFlow Lite")]

    def connect():
        return socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))

    answer = ask(f"{server.url}/api/ready")
    with connect() as connection:
        # Which the server itself complains of, not digitrec.
        connection.sendall(b"no HTTP\r\n\r\n")
        connection.recv(1)
    with connect() as connection:
        # Who goes away before all is sent is no failure.
        connection.sendall(b"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")

    # An answer is sent before its line is written.
    deadline = time.monotonic() + 10
    wanted = {("digitrec.api.request_log", answer.headers["x-request-id"]), ("uvicorn.error", "-")}
    while not (
        wanted <= {(line["logger"], line["request_id"]) for line in write_number()}
        and 499 in {line.get("status") for line in write_number()}
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not any("exception" in line for line in write_number())


def test_streamlits_own_metrics_are_for_nobody(server):
    assert ask(f"{server.url}/_stcore/metrics").status == 404
    assert ask(f"{server.url}/_stcore/health").status == 200
