"""A real OpenID Connect provider on loopback, and the app that uses it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.support.app import Server, free_port, running, running_app, wait_for, wait_for_run

ADA = {"sub": "ada", "email": "ada@example.org", "email_verified": True, "name": "Ada Lovelace"}
BOB = {"sub": "bob", "email": "bob@example.org", "email_verified": True, "name": "Bob"}
COOKIE_SECRET = "0123456789abcdef" * 4


@contextmanager
def running_provider(*people: dict[str, object]) -> Iterator[Server]:
    """Start a provider that knows these users, and stop it at the end."""
    port = free_port()
    known = [f"--user-claims={json.dumps(user)}" for user in people]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host=localhost", f"--port={port}", *known]
    # The provider of the tests speaks plain HTTP.
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with running(command, env=environment, stderr=subprocess.DEVNULL) as process:
        provider = Server(f"http://localhost:{port}", process)
        wait_for(f"{provider.url}/.well-known/openid-configuration", process)
        yield provider


@contextmanager
def running_app_with_sign_in(folder: Path, provider: str, scheme: str = "http", **environment: str) -> Iterator[Server]:
    """Start the app with this provider; its secrets and its data are in the folder."""
    write_secrets(folder / "secrets.toml", provider, f"{scheme}://127.0.0.1:{{port}}")
    files = {"STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"), "DIGITREC_DATA": str(folder / "data")}
    with running_app(**files, **environment) as server:
        yield server


def write_secrets(path: Path, provider: str, address: str) -> None:
    """Write the secrets file of an app at this address that uses this provider."""
    path.write_text(
        f"""
        [auth]
        redirect_uri = "{address}/oauth2callback"
        cookie_secret = "{COOKIE_SECRET}"
        [auth.google]
        client_id = "digitrec"
        client_secret = "GOCSPX-abcdefgh"
        server_metadata_url = "{provider}/.well-known/openid-configuration"
        """
    )


def sign_in(page: Page, user: dict[str, object]) -> None:
    """Sign in through the provider, starting on an open page of the app."""
    page.get_by_role("button", name="Sign in with Google").click()
    page.get_by_role("button", name=str(user["sub"])).first.click()
    # The provider has a button for each user, too.
    page.get_by_test_id("stApp").get_by_role("button", name=str(user["name"])).wait_for()
    wait_for_run(page)


def sign_out(page: Page, user: dict[str, object]) -> None:
    """Sign out of the app, which redirects to the provider."""
    page.get_by_role("button", name=str(user["name"])).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/end_session?*")
