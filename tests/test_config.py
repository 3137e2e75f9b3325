import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from digitrec import config as module
from digitrec.cli import main
from digitrec.config import ROOT, Settings, settings
from digitrec.errors import SettingsError


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    """Return a function that writes a secrets file for one test."""
    for name in ("DATABASE_URL", "DIGITREC_MODEL", "DIGITREC_ADMINS"):
        # Make monkeypatch undo what settings() puts into the environment.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(module, "SECRETS_FILE", tmp_path / "secrets.toml")

    def write(text):
        (tmp_path / "secrets.toml").write_text(text)
        settings.cache_clear()

    yield write
    settings.cache_clear()


def test_settings_are_read_from_the_secrets_file(secrets):
    secrets('DATABASE_URL = "postgresql://host/name"\nDIGITREC_MODEL = "mine"\n[auth]\nclient_id = "x"\n')

    assert settings().database_url == "postgresql://host/name"
    assert settings().model == "mine"


def test_line_break_after_a_secret_is_ignored(setting, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/name\r\n")
    setting("METRICS_TOKEN", "token\n")

    assert settings().database_url == "postgresql://user:secret@host/name"
    assert settings().metrics_token == "token"


def test_names_may_be_a_list_in_the_secrets_file(secrets):
    secrets('DIGITREC_ADMINS = ["ada@example.org", "Bob@example.org"]\n')

    assert settings().admins == {"ada@example.org", "bob@example.org"}


def test_hosts_are_names_as_browsers_send_them(setting):
    setting("HOSTS", "Digits.Example, other.example.:8080, https://third.example/draw, bücher.example,, ")

    assert settings().hosts == {"digits.example", "other.example", "third.example", "xn--bcher-kva.example"}


def test_empty_value_counts_as_not_set(setting):
    for name in Settings.model_fields:
        setting(name.upper(), "")

    assert settings() == Settings.model_construct()


def test_tilde_is_the_home_folder(setting, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DATA", "MODELS", "DATASETS"):
        setting(name, "~")

    assert settings().data == settings().models == settings().datasets == tmp_path


@pytest.mark.parametrize("section", ["auth", "auth.google"])
def test_setting_in_a_section_of_the_secrets_file_is_reported(secrets, section):
    secrets(f'DIGITREC_MODEL = "mine"\n[{section}]\nDIGITREC_ADMINS = "ada@example.org"\n')

    with pytest.raises(SettingsError, match="DIGITREC_ADMINS must be above the first section"):
        settings()


def test_environment_takes_precedence_over_the_secrets_file(secrets, monkeypatch):
    secrets('DIGITREC_MODEL = "mine"\n')
    monkeypatch.setenv("DIGITREC_MODEL", "baseline")
    assert settings().model == "baseline"

    # Compose passes on every variable it knows, set or not.
    monkeypatch.setenv("DIGITREC_MODEL", "")
    settings.cache_clear()
    assert settings().model == "mine"


def test_invalid_secrets_file_is_reported(secrets, capsys):
    secrets("not TOML")

    with pytest.raises(SettingsError, match="can't be read as TOML"):
        settings()
    assert main(["migrate"]) == 1
    assert "Fix or remove it." in capsys.readouterr().err


def test_folder_in_place_of_the_secrets_file_is_reported(secrets):
    # Docker creates one if the file to mount doesn't exist.
    module.SECRETS_FILE.mkdir()
    settings.cache_clear()

    with pytest.raises(SettingsError, match="Is a directory"):
        settings()


@pytest.mark.parametrize(
    ("name", "value", "requirement"),
    [
        ("KEEP_DAYS", "ten", "a whole number of at least 1"),
        ("KEEP_DAYS", "0", "a whole number of at least 1"),
        ("KEEP_DAYS", "1.5", "a whole number of at least 1"),
        ("QUEUE", "0", "a whole number of at least 1"),
        *((name, "36501", "a whole number of at most 36,500") for name in ("KEEP_DAYS", "SIGN_IN_DAYS", "GUEST_DAYS")),
        ("MAX_MEGAPIXELS", "1001", "a whole number of at most 1,000"),
        ("DATASETS", __file__, "an existing folder"),
        ("API_OPEN", "perhaps", "true or false"),
        ("LOG_FORMAT", "xml", "text or json"),
        *(
            ("HOSTS", value, "host names separated by commas, such as digits.example.org")
            for value in ("digits..example", "digits example.org", "a.example;b.example", "::1", "h.example:x", "*")
        ),
        *(
            ("LIMIT_API", value, "a number per period, such as 60/minute or 300/10 seconds")
            for value in ("many", "60", "60/fortnight", "0/minute", "60/minute; 1000/day")
        ),
        *(
            ("ADMINS", value, "email addresses separated by commas")
            for value in ("ada", "ada@example.org bob@example.org", "ada@example.org; bob@example.org")
        ),
    ],
)
def test_invalid_setting_is_reported(setting, name, value, requirement):
    setting(name, value)

    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value) == f"DIGITREC_{name} must be {requirement}."


@pytest.mark.parametrize("rest", ["second@host/name", "second/first@host/name", "second:first@host/name"])
def test_unescaped_password_in_the_database_url_is_not_shown(setting, monkeypatch, rest):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://user:first@{rest}")
    setting("MODEL", "everyhand")

    with pytest.raises(SettingsError) as caught:
        settings()
    assert "any @ in the password written as %40" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "first" not in shown
    assert "second" not in shown


def test_settings_hide_secret_values(setting, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:s3cret@host/name")
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@host")
    setting("METRICS_TOKEN", "s3cret")

    assert "s3cret" not in repr(settings())


def test_command_reports_an_invalid_setting(setting, capsys):
    setting("KEEP_DAYS", "ten")

    assert main(["tidy"]) == 1
    assert capsys.readouterr().err == "DIGITREC_KEEP_DAYS must be a whole number of at least 1.\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DIGITREC_KEEP_DAYS", "-1", "DIGITREC_KEEP_DAYS must be a whole number of at least 1."),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL must be a postgresql URL, not mysql."),
        ("DIGITREC_PICTURES", "s4://bucket", "Images can't be stored in DIGITREC_PICTURES: Protocol not known: s4."),
    ],
)
def test_server_does_not_start_with_an_invalid_setting(name, value, message):
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.headless=true", "--server.port=0"]
    process = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert process.returncode
    assert f"digitrec can't start: {message}" in process.stderr
    assert "Traceback" not in process.stderr


def test_readme_lists_every_setting_with_its_default():
    section = (ROOT / "README.md").read_text().split("## Settings")[1].split("##")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    documented = {name.strip("`"): default.strip("`") for name, _, default in rows}
    defaults = {
        str(field.validation_alias.choices[0] if field.validation_alias else f"DIGITREC_{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }

    # uvicorn reads this one.
    assert set(documented) == {*defaults, "FORWARDED_ALLOW_IPS"}
    for name, default in defaults.items():
        if default not in (None, frozenset()):
            expected = default.relative_to(ROOT) if isinstance(default, Path) else default
            assert documented[name] == str(expected).lower(), name
