"""What is deployed with, as far as it can be checked without what it is deployed to."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest
import yaml

from digitrec.api.problems import ErrorAnswer
from digitrec.config import ROOT, Settings
from digitrec.samples import samples
from tests.support.app import eventually, free_port, running_app, wait_for
from tests.support.client import Session, finish
from tests.support.cluster import nginx

BIN = Path(sys.executable).parent
# What is read by Streamlit, by uvicorn and by the client of the object store.
OTHERS = ("STREAMLIT_", "AWS_", "FORWARDED_ALLOW_IPS")


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def kubernetes():
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))


def default(value):
    """What Compose makes of a value where nothing is chosen."""
    return value.split(":-")[1].rstrip("}") if ":-" in value else value


def listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema=vendor.compose-spec", "compose.yaml"],
        ["hadolint", "Dockerfile"],
        ["kubernetes-validate", "--strict", "deploy/kubernetes.yaml"],
    ],
    ids=lambda command: command[0],
)
def test_file_is_what_its_reader_expects(command):
    ran = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_nginx_takes_its_configuration_as_compose_fills_it_in(tmp_path):
    values = {name: default(value) for name, value in compose()["services"]["nginx"]["environment"].items()}

    ran = subprocess.run([*nginx(tmp_path, **values), "-t"], capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr
    assert "${" not in (tmp_path / "nginx" / "digitrec.conf").read_text()


@pytest.fixture
def front(tmp_path):
    """The address of an nginx none of whose replicas is there."""
    port = free_port()
    command = nginx(tmp_path, LISTEN=f"127.0.0.1:{port}", REPLICAS=f"server 127.0.0.1:{free_port()} max_fails=0;")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(port), True)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(("megabytes", "status", "code"), [(1, 503, "unreachable"), (60, 413, "too_large")])
def test_nginx_refuses_a_request_to_the_api_as_the_api_does(front, megabytes, status, code):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"http://{front}/api/predict", bytes(megabytes * 2**20)))

    assert caught.value.code == status
    fault = ErrorAnswer.model_validate_json(caught.value.read()).error
    assert fault.code == code
    assert fault.request_id


def test_nginx_names_no_address_of_its_own_where_it_leads_elsewhere(front):
    with closing(http.client.HTTPConnection(front, timeout=20)) as connection:
        connection.request("GET", "/api", headers={"Host": "digits.example:8080"})

        assert connection.getresponse().headers["Location"] == "/api/"


def test_only_settings_that_there_are_are_set():
    known = {
        str(field.validation_alias.choices[0] if field.validation_alias else f"DIGITREC_{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    [config] = [one for one in kubernetes() if one["kind"] == "ConfigMap"]

    for chosen in (compose()["x-app"]["environment"], config["data"]):
        assert {name for name in chosen if not name.startswith(OTHERS)} <= known


def test_names_agree():
    services = compose()["services"]
    app = services["app-1"]["environment"]
    [deployment] = [one for one in kubernetes() if one["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    port = container["ports"][0]["containerPort"]

    assert f"--server.port={port}" in (ROOT / "Dockerfile").read_text()
    for name in ("app-1", "app-2"):
        assert f"server {name}:{port} " in services["nginx"]["environment"]["REPLICAS"]
    assert app["AWS_SECRET_ACCESS_KEY"] == services["pictures"]["environment"]["ROOT_SECRET_ACCESS_KEY"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD"] in app["DATABASE_URL"]
    assert f"makedirs('{app['DIGITREC_PICTURES'].split('/')[2]}'" in services["bucket"]["command"][-1]


def test_image_has_all_that_the_app_needs(tmp_path):
    """The app runs where there is nothing but what the Dockerfile copies."""
    app = tmp_path / "app"
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            (app / line[1:]).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / line[1:]).is_dir() else shutil.copy
            copy(ROOT / line[1:], app / line[1:])
    for left_out in app.glob("model/*/model.keras"):
        left_out.unlink()

    with (
        running_app(within=("env", "-C", str(app)), DIGITREC_DATA=str(tmp_path / "data")) as server,
        urllib.request.urlopen(f"{server.url}/api/health") as answer,
    ):
        assert json.load(answer)["status"] == "ok"
        assert finish(draw(server.url)).is_saved


def test_procfile_starts_the_app_on_the_port_it_is_given(tmp_path):
    command = (ROOT / "Procfile").read_text().removeprefix("web: ")
    port = free_port()
    environment = {"PORT": str(port), "PATH": f"{BIN}:{os.environ['PATH']}", "DIGITREC_DATA": str(tmp_path)}
    process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=ROOT, env={**os.environ, **environment})
    try:
        wait_for(f"http://127.0.0.1:{port}/api/ready", process)
    finally:
        process.terminate()
        process.wait(20)


def test_app_runs_by_its_router_alone(tmp_path):
    with running_app("streamlit_app.py", DIGITREC_DATA=str(tmp_path)) as server:
        assert finish(draw(server.url)).is_saved


async def draw(url):
    async with Session(url) as session:
        return await session.draw(samples()[7])
