import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from digitrec.server.middleware import SecurityMiddleware
from tests.support.client import finish


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_cookie_that_only_looks_like_another_is_ignored(kind):
    seen = {}

    async def app(scope, receive, send):
        seen.update(HTTPConnection(scope).cookies)

    cookies = (
        b'a=1; __Host-guest=ours; b="2"; \xa0__Host-guest=planted; __Host-guest\x85=planted; \x1f__Host-guest=planted'
    )
    scope = {"type": kind, "path": "/", "headers": [(b"host", b"localhost"), (b"cookie", cookies)]}
    finish(SecurityMiddleware(app)(scope, None, None))

    assert seen == {"a": "1", "__Host-guest": "ours", "b": "2"}


def test_unexpected_error_is_hidden_and_has_security_headers(caplog):
    async def fail(scope, receive, send):
        raise ValueError("secret")

    response = TestClient(SecurityMiddleware(fail)).get("/")

    assert (response.status_code, response.text) == (500, "Something went wrong on the server. Try again.")
    assert {"content-security-policy", "x-frame-options", "x-content-type-options"} <= {*response.headers}
    assert "secret" in caplog.text
