"""Files that deploy the app, checked as far as possible without Docker, Kubernetes or Heroku."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import chain
from pathlib import Path

import pytest
import yaml

from digitrec.api.problems import ErrorResponse
from digitrec.config import ROOT, Settings
from digitrec.samples import samples
from tests.support.app import eventually, free_port, running, running_app, wait_for
from tests.support.client import Session, finish
from tests.support.cluster import nginx

BIN = Path(sys.executable).parent
# Environment variables of Streamlit, the S3 client and uvicorn.
OTHER_PREFIXES = ("STREAMLIT_", "AWS_", "FORWARDED_ALLOW_IPS")


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def kubernetes():
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))


def compose_default(value):
    """Return what Compose makes of a value if its variable is not set."""
    return value.split(":-")[1].rstrip("}") if ":-" in value else value


def is_listening(port):
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
def test_deployment_file_is_valid(command):
    process = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)

    assert process.returncode == 0, process.stdout + process.stderr


def test_nginx_accepts_the_configuration_of_compose(tmp_path):
    values = {name: compose_default(value) for name, value in compose()["services"]["nginx"]["environment"].items()}

    process = subprocess.run([*nginx(tmp_path, **values), "-t"], capture_output=True, text=True)

    assert process.returncode == 0, process.stderr
    assert "${" not in (tmp_path / "nginx" / "digitrec.conf").read_text()


@contextmanager
def running_nginx(folder, replica):
    """Start nginx in front of the port of a replica and yield its address."""
    port = free_port()
    command = nginx(folder, LISTEN=f"127.0.0.1:{port}", REPLICAS=f"server 127.0.0.1:{replica} max_fails=0;")
    with running(command, stdout=subprocess.DEVNULL):
        eventually(lambda: is_listening(port), True)
        yield f"127.0.0.1:{port}"


@pytest.fixture
def nginx_address(tmp_path):
    """Start nginx without any replica behind it and return its address."""
    with running_nginx(tmp_path, free_port()) as address:
        yield address


@pytest.mark.parametrize(("megabytes", "status", "code"), [(1, 503, "unreachable"), (60, 413, "too_large")])
def test_nginx_answers_api_errors_in_the_shape_of_the_api(nginx_address, megabytes, status, code):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"http://{nginx_address}/api/predict", bytes(megabytes * 2**20)))

    assert caught.value.code == status
    assert caught.value.headers["X-Content-Type-Options"] == "nosniff"
    assert caught.value.headers["X-Frame-Options"] == "DENY"
    error = ErrorResponse.model_validate_json(caught.value.read()).error
    assert error.code == code
    assert error.request_id


@pytest.mark.parametrize("path", ["/", "/api/metrics", "/%00"])
def test_errors_of_nginx_have_security_headers(nginx_address, path):
    with closing(http.client.HTTPConnection(nginx_address, timeout=20)) as connection:
        connection.request("GET", path)
        headers = connection.getresponse().headers

    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert len(headers.get_all(name)) == 1


def test_nginx_passes_on_uploads_as_they_arrive_and_limits_connections(tmp_path):
    with ExitStack() as sockets:
        replica = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1000))
        replica.settimeout(20)
        address = sockets.enter_context(running_nginx(tmp_path, replica.getsockname()[1]))
        for _ in range(600):
            client = sockets.enter_context(socket.create_connection(address.split(":")))
            client.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nfirst part")

        # The replica answers none of them, so that all stay open.
        upload = sockets.enter_context(replica.accept()[0])
        upload.settimeout(20)
        received = b""
        while not received.endswith(b"first part"):
            received += upload.recv(2**16)

        def refusal():
            try:
                urllib.request.urlopen(f"http://{address}/api/health", timeout=2)
            except urllib.error.HTTPError as error:
                return error.code, ErrorResponse.model_validate_json(error.read()).error.code
            except TimeoutError:
                return None

        eventually(refusal, (429, "too_many_requests"))


def test_nginx_redirects_without_naming_its_own_address(nginx_address):
    with closing(http.client.HTTPConnection(nginx_address, timeout=20)) as connection:
        connection.request("GET", "/api", headers={"Host": "digits.example:8080"})

        assert connection.getresponse().headers["Location"] == "/api/"


def test_only_existing_settings_are_set():
    known = {
        str(field.validation_alias.choices[0] if field.validation_alias else f"DIGITREC_{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    [config] = [item for item in kubernetes() if item["kind"] == "ConfigMap"]

    for environment in (compose()["x-app"]["environment"], config["data"]):
        assert {name for name in environment if not name.startswith(OTHER_PREFIXES)} <= known


def test_names_agree_between_deployment_files():
    services = compose()["services"]
    app = services["app-1"]["environment"]
    [deployment] = [item for item in kubernetes() if item["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    port = container["ports"][0]["containerPort"]

    assert f"--server.port={port}" in (ROOT / "Dockerfile").read_text()
    for name in ("app-1", "app-2"):
        assert f"server {name}:{port} " in services["nginx"]["environment"]["REPLICAS"]
    assert app["AWS_SECRET_ACCESS_KEY"] == services["pictures"]["environment"]["ROOT_SECRET_ACCESS_KEY"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD"] in app["DATABASE_URL"]
    assert f"makedirs('{app['DIGITREC_PICTURES'].split('/')[2]}'" in services["bucket"]["command"][-1]


def test_compose_starts_no_service_with_more_rights_than_it_needs():
    for name, service in compose()["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert "privileged" not in service, name
        assert "cap_add" not in service, name


def test_compose_refuses_to_start_without_passwords():
    services = compose()["services"]
    text = json.dumps(services)
    names = set(re.findall(r"\$\{(\w*PASSWORD)", text))

    assert names == {"DATABASE_PASSWORD", "REDIS_PASSWORD", "PICTURES_PASSWORD"}
    assert set(re.findall(r"\$\{\w*PASSWORD(.*?)\}", text)) == {":?is not set. Run make env"}
    [password] = set(re.findall(r"\$\{REDIS_PASSWORD.*?\}", text))
    assert f"--requirepass {password}" in services["redis"]["command"]
    assert services["app-1"]["environment"]["REDIS_URL"] == f"redis://:{password}@redis:6379"


def test_kubernetes_starts_the_app_with_few_rights():
    [deployment] = [item for item in kubernetes() if item["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert all(volume.get("emptyDir", {"sizeLimit": ""}).get("sizeLimit") is not None for volume in pod["volumes"])
    assert not any(item["kind"] == "Secret" for item in kubernetes())


def test_make_env_writes_passwords_once(tmp_path):
    def run():
        subprocess.run(["make", "-f", ROOT / "Makefile", "env"], cwd=tmp_path, check=True)
        return (tmp_path / ".env").read_text().splitlines()

    (tmp_path / ".env").write_text("PORT=80\nREDIS_PASSWORD=mine")
    (tmp_path / ".env").chmod(0o644)
    lines = run()

    assert lines[:2] == ["PORT=80", "REDIS_PASSWORD=mine"]
    passwords = dict(line.split("=") for line in lines[2:])
    assert set(passwords) == {"DATABASE_PASSWORD", "PICTURES_PASSWORD"}
    assert all(re.fullmatch("[0-9a-f]{48}", password) for password in passwords.values())
    assert len(set(passwords.values())) == 2
    assert run() == lines
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_docker_image_has_every_file_the_app_needs(tmp_path):
    app = tmp_path / "app"
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            (app / line[1:]).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / line[1:]).is_dir() else shutil.copy
            copy(ROOT / line[1:], app / line[1:])
    for ignored in app.glob("model/*/model.keras"):
        ignored.unlink()

    with (
        running_app(within=("env", "-C", str(app)), DIGITREC_DATA=str(tmp_path / "data")) as server,
        urllib.request.urlopen(f"{server.url}/api/health") as response,
    ):
        assert json.load(response)["status"] == "ok"
        assert finish(draw(server.url)).is_saved


@pytest.mark.full
def test_procfile_starts_the_app_on_the_given_port(tmp_path):
    command = (ROOT / "Procfile").read_text().removeprefix("web: ")
    port = free_port()
    environment = {"PORT": str(port), "PATH": f"{BIN}:{os.environ['PATH']}", "DIGITREC_DATA": str(tmp_path)}
    with running(["sh", "-c", f"exec {command}"], cwd=ROOT, env={**os.environ, **environment}) as process:
        wait_for(f"http://127.0.0.1:{port}/api/ready", process)


@pytest.mark.parametrize(
    ("file", "extras"),
    [
        ("requirements-serve.txt", {"serve"}),
        ("requirements.txt", {"serve", "train"}),
        ("requirements-dev.txt", {"serve", "train", "onnx", "dev"}),
    ],
)
def test_requirements_match_pyproject(file, extras):
    """If this fails, run ``make lock``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*(project["optional-dependencies"][extra] for extra in extras))]
    lines = (ROOT / file).read_text().splitlines()

    pinned = {line.split("==")[0] for line in lines if "==" in line}
    assert pinned == {re.split("[>=]=", requirement)[0] for requirement in wanted}
    assert "-c constraints.txt" in lines


async def draw(url):
    async with Session(url) as session:
        return await session.draw(samples()[7])
