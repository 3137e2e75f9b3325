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
    """Writes the file of secrets of one test."""

    def write(text):
        (tmp_path / "secrets.toml").write_text(text)
        monkeypatch.setattr(settings, "SECRETS_FILE", tmp_path / "secrets.toml")
        sign_in.cache_clear()

    yield write
    sign_in.cache_clear()


def test_without_a_section_nobody_signs_in(secrets):
    secrets('DIGITREC_MODEL = "everyhand"\n')
    assert sign_in() is None


def test_filled_in_example_is_taken(secrets):
    secrets(GOOD)
    assert sign_in() == auth.SignIn(("google",), "http://localhost:8501/oauth2callback")
    assert not sign_in().is_behind_tls
    secrets(GOOD.replace("http://localhost:8501", "https://digits.example.org"))
    assert sign_in().is_behind_tls


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GOOD, EXAMPLE, "cookie_secret in [auth] of secrets.toml is still a placeholder"),
        (COOKIE_SECRET, "short", "cookie_secret in [auth] of secrets.toml has to be 32 random characters"),
        (COOKIE_SECRET, "a" * 64, "cookie_secret in [auth] of secrets.toml has to be 32 random characters"),
        ("1234-abcd", "<client id>", "client_id in [auth.google] of secrets.toml is still a placeholder"),
        (
            "GOCSPX-abcdefgh",
            "your client secret",
            "client_secret in [auth.google] of secrets.toml is still a placeholder",
        ),
        ("GOCSPX-abcdefgh", "", "client_secret in [auth.google] of secrets.toml is missing"),
        ("8501/oauth2callback", "8501/", "redirect_uri in [auth] of secrets.toml has to be the address"),
        ("http://localhost:8501", "http://digits.example.org", "redirect_uri in [auth] of secrets.toml has to be"),
        ("[auth.google]", "[other]", "names no provider"),
        ("[auth.google]", "[auth.my_google]", "may have no underscore"),
        ("server_metadata_url", "metadata_url", "server_metadata_url in [auth.google] of secrets.toml is missing"),
    ],
)
def test_what_protects_nobody_is_refused_with_its_name(secrets, old, new, said):
    secrets(GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        sign_in()
    assert said in str(caught.value)
    assert COOKIE_SECRET not in str(caught.value)


@pytest.mark.parametrize("section", ['auth = "x"', "[auth]"])
def test_empty_section_does_not_let_everybody_be_the_local_person(secrets, section):
    secrets(section)
    with pytest.raises(SettingsError):
        sign_in()


def test_random_secrets_and_addresses_of_schools_are_no_placeholders(secrets):
    secrets(
        GOOD.replace(COOKIE_SECRET, "a<" + COOKIE_SECRET).replace("http://localhost:8501", "https://your-school.org")
    )
    assert sign_in()


def test_example_is_toml():
    assert set(tomllib.loads(EXAMPLE)) == {"auth"}
