"""Requests and websockets that no browser of a visitor sends."""

import http.client
import re
import socket
import subprocess
from contextlib import closing

import pytest
import websockets

from digitrec.config import ROOT
from tests.support.app import running_app
from tests.support.client import Session, finish

pytestmark = pytest.mark.server
HEADERS = {"content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy"}


@pytest.fixture(scope="module")
def silent_proxy():
    """Listen on a port, without ever answering, for what the server sends to the internet."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The file that the server logs to."""
    return tmp_path_factory.mktemp("log") / "log.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory, silent_proxy, log):
    proxy = f"http://127.0.0.1:{silent_proxy.getsockname()[1]}"
    environment = {
        "DIGITREC_DATA": str(tmp_path_factory.mktemp("data")),
        "DIGITREC_HOSTS": "digits.example, other.example",
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL": "1",
    }
    with running_app(within=("sh", "-c", f'exec "$@" 2>"{log}"', "sh"), **environment) as server:
        yield server


def ask(server, path="/", method="GET", **headers):
    with closing(http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)) as connection:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        response.text = response.read().decode()
        return response


def open_websocket(server, send=b"", host=None, **options):
    """Open a websocket and return the status and headers of a refusal, or the code with which the server closes it."""
    port = server.url.rsplit(":", 1)[1]

    async def status():
        address = f"ws://{host or '127.0.0.1'}:{port}/_stcore/stream"
        try:
            async with websockets.connect(
                address, host="127.0.0.1", port=int(port), subprotocols=["streamlit"], **options
            ) as opened:
                opened.transport.write(send)
                if send:
                    await opened.wait_closed()
                return opened.close_code
        except websockets.InvalidStatus as refusal:
            return refusal.response.status_code, {name.lower() for name in refusal.response.headers}

    return finish(status())


@pytest.mark.parametrize("path", ["/", "/api/health", "/_stcore/health", "/api/nothing"])
def test_unknown_host_is_refused_with_a_sentence(server, path):
    for host in ("rebound.example", "localhost.rebound.example", "digits.example.org", ""):
        response = ask(server, path, Host=host)
        assert (response.status, response.text.count(". ")) == (400, 1), host
        assert "DIGITREC_HOSTS" in response.text


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "10.1.2.3:8501", "Digits.Example:8080", "other.example."]
)
def test_known_hosts_are_served(server, host):
    assert ask(server, "/api/ready", Host=host).status == 200


def test_websocket_of_an_unknown_host_is_refused(server):
    status, headers = open_websocket(server, host="rebound.example")

    assert status == 400
    assert headers >= HEADERS


@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost:1", "http://[", "null"])
def test_websocket_of_another_site_is_refused_without_a_lookup(server, silent_proxy, origin):
    status, headers = open_websocket(server, origin=origin)

    assert status == 403
    assert headers >= HEADERS
    silent_proxy.setblocking(False)
    with pytest.raises(BlockingIOError):
        silent_proxy.accept()


def test_refused_websocket_is_one_line_in_the_log(server, log):
    before = len(log.read_text())
    open_websocket(server, origin="https://flood.example")
    ask(server)

    (line,) = log.read_text()[before:].splitlines()
    assert line.endswith(
        "INFO digitrec.server.hosts -: A page of another site tried to open the websocket: https://flood.example"
    )


def test_websocket_of_the_app_itself_is_accepted(server):
    assert open_websocket(server, origin=server.url) is None


def test_oversized_websocket_message_is_refused_before_it_is_sent(server):
    # A binary message of which only the head is sent.
    assert open_websocket(server, b"\x82\xff" + (190_000_000).to_bytes(8) + bytes(4)) == 1009


def test_flood_of_websocket_frames_ends_the_connection(server):
    # A binary message in parts, all of them empty.
    assert open_websocket(server, b"\x02\x80" + bytes(4) + 2000 * (b"\x00\x80" + bytes(4))) == 1008


def test_unfinished_websocket_message_ends_the_connection(server):
    # Its client can't answer the server's pings before the message is complete.
    assert open_websocket(server, b"\x82\xff" + (1_000_000).to_bytes(8) + bytes(1000)) in (1006, 1011)


@pytest.mark.parametrize(
    "path",
    [
        "/%c4%80/oauth2callback?code=1",
        "/a%00b/auth/login",
        "/%0d%0aX:y/auth/logout",
        "/api/%00",
        "/%ff",
        "//x",
    ],
)
def test_malformed_path_is_not_a_server_error(server, path):
    response = ask(server, path, **{"Sec-Fetch-Site": "cross-site"})

    assert response.status in (200, 400, 404)
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    ("status", "method", "path", "host"),
    [
        (200, "GET", "/", "localhost"),
        (200, "GET", "/api/ready", "localhost"),
        (200, "GET", "/_stcore/health", "localhost"),
        (400, "GET", "/", "rebound.example"),
        (400, "GET", "/api/ready", "rebound.example"),
        (400, "GET", "/a%00b", "localhost"),
        (404, "GET", "/api/nothing", "localhost"),
        (404, "GET", "/media/nothing", "localhost"),
        (404, "GET", "/_stcore/metrics", "localhost"),
        (405, "POST", "/", "localhost"),
        (422, "POST", "/api/predict", "localhost"),
    ],
)
def test_every_response_has_security_headers(server, status, method, path, host):
    response = ask(server, path, method, Host=host)

    assert response.status == status
    assert {name.lower() for name in response.headers} >= HEADERS


@pytest.mark.parametrize(
    "invalid",
    [
        "nonsense",
        "GET / HTTP/1.1\r\nbad header",
        "GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade",
    ],
    ids=["no HTTP", "no header", "no handshake"],
)
def test_response_to_an_invalid_request_has_security_headers(server, invalid):
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=20) as connection:
        connection.sendall(invalid.encode() + b"\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()

    assert response.status == 400
    assert {name.lower() for name in response.headers} >= HEADERS


def test_api_is_below_the_base_path(tmp_path):
    with running_app(base_path="/some/base", DIGITREC_DATA=str(tmp_path)) as server:
        root = type(server)(server.url.removesuffix("/some/base"), server.process)
        assert '"status":"ok"' in ask(root, "/some/base/api/health").text
        assert ask(root, "/some/base/api").headers["Location"] == "/some/base/api/docs"
        documentation = ask(root, "/some/base/api/docs").text
        assert "/some/base/api/openapi.json" in documentation
        assert 'href="../favicon.png"' in documentation
        assert ask(root, "/some/base/favicon.png", "HEAD").headers["Content-Type"] == "image/png"
        assert ask(root, "/api/health").status == 404
        assert finish(opened(server)).text


async def opened(server):
    async with Session(server.url) as session:
        return session.opened


def test_make_run_listens_on_this_machine_by_default():
    def address(*options):
        lines = subprocess.check_output(["make", "-n", "run", *options], cwd=ROOT, text=True)
        return re.search("--server.address=(.*)", lines)[1]

    assert address() == "127.0.0.1"
    assert address("HOST=0.0.0.0") == "0.0.0.0"
