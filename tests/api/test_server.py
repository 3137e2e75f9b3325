"""The API of the real server, next to its pages."""

import json
import os
import re
import socket
import subprocess
import sys
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
from digitrec.storage.users import log_activity
from tests.support.app import eventually, running_app
from tests.support.pictures import drawing_png

pytestmark = pytest.mark.server

EXAMPLES = re.findall(r"```(bash|python)\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)
LIMIT = 1000


def ask(url, headers=None, body=None):
    request = urllib.request.Request(url, body, headers or {})
    try:
        return urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        return error


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the images of the examples, the data of the server and its log."""
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
def test_documented_api_example_runs(server, folder, history, language, code):
    log_activity(history.database, history.user, Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "example") if "$KEY" in code else ""
    command = ["bash", "-euc"] if language == "bash" else [sys.executable, "-c"]
    command.append(code.replace("http://localhost:8501", server.url).replace("curl ", "curl -sS --fail-with-body "))

    process = subprocess.run(
        command, cwd=folder, env={**os.environ, "KEY": key}, capture_output=True, text=True, timeout=60
    )

    assert process.returncode == 0, process.stdout + process.stderr
    if language == "python":
        assert process.stdout.startswith("7 ")
    elif "batch" in code:
        assert [result["answer"]["digit"] for result in json.loads(process.stdout)["results"]] == [7, 3]
    elif "number" in code:
        assert json.loads(process.stdout)["number"] == "17"
    elif "health" in code:
        assert json.loads(process.stdout)["status"] == "ok"
    else:
        prediction = json.loads(process.stdout)
        assert (prediction["digit"], prediction["recorded"]) == (7, bool(key))
    if key:
        assert [(saved.label, saved.input_method) for saved in history.newest(9)] == [("7", InputMethod.API)]


def test_server_is_warm_before_it_answers(server, folder):
    assert "Warmed up in" in (folder / "log").read_text()


def test_examples_of_the_openapi_schema_work(server):
    schema = json.load(ask(f"{server.url}/api/openapi.json"))
    count = 0
    for path, methods in schema["paths"].items():
        if "post" in methods:
            body = methods["post"]["requestBody"]["content"]["application/json"]["example"]
            response = ask(f"{server.url}/api{path}", {"Content-Type": "application/json"}, json.dumps(body).encode())
            content = json.load(response)
            results = [result["answer"] for result in content["results"]] if "results" in content else [content]
            digits = [result["digit"] for result in results]
            assert digits == [7, 3][: len(digits)]
            count += 1
    assert count == 2


def test_root_of_the_api_redirects_to_its_documentation(server):
    for path in ("/api", "/api/"):
        assert ask(f"{server.url}{path}").url == f"{server.url}/api/docs"


def test_unknown_api_paths_are_json_and_other_paths_pages(server):
    assert json.load(ask(f"{server.url}/api/nothing"))["error"]["code"] == "not_found"
    assert ask(f"{server.url}/history").headers["content-type"].startswith("text/html")


def test_client_address_is_taken_from_trusted_proxies_only(server, folder):
    def remaining(url, address):
        body = json.dumps({"image": "data:image/png;base64,"}).encode()
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        return int(ask(f"{url}/api/predict", headers, body).headers["ratelimit-remaining"])

    # Loopback is trusted by default, and each address behind it has its own limit.
    assert [remaining(server.url, address) for address in ("1.2.3.4", "5.6.7.8", "1.2.3.4")] == [
        LIMIT - 1,
        LIMIT - 1,
        LIMIT - 2,
    ]
    environment = {"FORWARDED_ALLOW_IPS": "10.0.0.0/8", "DIGITREC_DATA": str(folder / "other")}
    with running_app(**environment, DIGITREC_LIMIT_API=f"{LIMIT}/minute") as other:
        assert [remaining(other.url, address) for address in ("1.2.3.4", "5.6.7.8")] == [LIMIT - 1, LIMIT - 2]


def test_log_lines_are_json_with_the_request_id_of_the_response(server, folder):
    def read_log():
        # LiteRT writes one line without Python.
        lines = (folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if not line.startswith("INFO: Created TensorFlow Lite")]

    def connect():
        return socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))

    response = ask(f"{server.url}/api/ready")
    with connect() as connection:
        # uvicorn logs this, not digitrec.
        connection.sendall(b"no HTTP\r\n\r\n")
        connection.recv(1)
    with connect() as connection:
        # A client that disconnects before it has sent everything is no error.
        connection.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")

    # The response is sent before its line is written.
    wanted = {("digitrec.api.request_log", response.headers["x-request-id"]), ("uvicorn.error", "-")}
    eventually(lambda: wanted - {(line["logger"], line["request_id"]) for line in read_log()}, set())
    eventually(lambda: 499 in {line.get("status") for line in read_log()}, True)
    assert not any("exception" in line for line in read_log())
