import tomllib

import pytest

from digitrec import config as settings
from digitrec.accounts import sign_in as auth
from digitrec.accounts.sign_in import sign_in
from digitrec.config import ROOT
from digitrec.errors import SettingsError

EXAMPLE = (ROOT / ".streamlit" / "secrets.toml.example").read_text()
COOKIE_SECRET = "0123456789abcdef" * 4
GOOD = (
    EXAMPLE.replace("<64 random characters>", COOKIE_SECRET)
    .replace("<client id>.apps", "1234-abcd.apps")
    .replace("<client secret>", "GOCSPX-abcdefgh")
)


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    """Return a function that writes a secrets file for one test."""

    def write(text):
        (tmp_path / "secrets.toml").write_text(text)
        monkeypatch.setattr(settings, "SECRETS_FILE", tmp_path / "secrets.toml")
        sign_in.cache_clear()

    yield write
    sign_in.cache_clear()


def test_without_auth_section_there_is_no_sign_in(secrets):
    secrets('DIGITREC_MODEL = "everyhand"\n')
    assert sign_in() is None


def test_example_works_once_filled_in(secrets):
    secrets(GOOD)
    assert sign_in() == auth.SignIn(("google",), "http://localhost:8501/oauth2callback")
    assert not sign_in().is_behind_tls
    secrets(GOOD.replace("http://localhost:8501", "https://digits.example.org"))
    assert sign_in().is_behind_tls


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, EXAMPLE, "secrets.toml: cookie_secret in [auth] is still a placeholder."),
        (COOKIE_SECRET, "short", "secrets.toml: cookie_secret in [auth] must be at least 32 random characters."),
        (COOKIE_SECRET, "a" * 64, "secrets.toml: cookie_secret in [auth] must be at least 32 random characters."),
        ("1234-abcd", "<client id>", "secrets.toml: client_id in [auth.google] is still a placeholder."),
        (
            "GOCSPX-abcdefgh",
            "your client secret",
            "secrets.toml: client_secret in [auth.google] is still a placeholder.",
        ),
        ("GOCSPX-abcdefgh", "", "secrets.toml: client_secret in [auth.google] is missing."),
        ("8501/oauth2callback", "8501/", "secrets.toml: redirect_uri in [auth] must be the URL of the app"),
        ("http://localhost:8501", "http://digits.example.org", "secrets.toml: redirect_uri in [auth] must be"),
        ("[auth.google]", "[other]", "[auth] has no provider."),
        ("[auth.google]", "[auth.my_google]", "[auth.my_google] must not contain an underscore."),
        ("server_metadata_url", "metadata_url", "secrets.toml: server_metadata_url in [auth.google] is missing."),
    ],
)
def test_invalid_configuration_is_reported(secrets, old, new, message):
    secrets(GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        sign_in()
    assert message in str(caught.value)
    assert COOKIE_SECRET not in str(caught.value)


@pytest.mark.parametrize("section", ['auth = "x"', "[auth]"])
def test_empty_section_does_not_turn_sign_in_off(secrets, section):
    secrets(section)
    with pytest.raises(SettingsError):
        sign_in()


def test_values_that_resemble_placeholders_are_accepted(secrets):
    secrets(
        GOOD.replace(COOKIE_SECRET, "a<" + COOKIE_SECRET).replace("http://localhost:8501", "https://your-school.org")
    )
    assert sign_in()


def test_example_is_valid_toml():
    assert set(tomllib.loads(EXAMPLE)) == {"auth"}
