import subprocess
import sys

import pytest

from digitrec import settings as module
from digitrec.cli import main
from digitrec.errors import SettingsError
from digitrec.settings import ROOT, settings


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    """Writes the file of secrets of one test."""
    for name in ("DATABASE_URL", "DIGITREC_MODEL"):
        # Set and taken away, so that what settings() puts there is taken away again.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(module, "SECRETS", tmp_path / "secrets.toml")

    def write(text):
        (tmp_path / "secrets.toml").write_text(text)
        settings.cache_clear()

    yield write
    settings.cache_clear()


def test_settings_stand_in_the_file_of_secrets_too(secrets):
    secrets('DATABASE_URL = "postgresql://host/name"\nDIGITREC_MODEL = "mine"\n[auth]\nclient_id = "x"\n')

    assert settings().database_url == "postgresql://host/name"
    assert settings().model == "mine"


def test_environment_comes_before_the_file_of_secrets(secrets, monkeypatch):
    secrets('DIGITREC_MODEL = "mine"\n')
    monkeypatch.setenv("DIGITREC_MODEL", "baseline")

    assert settings().model == "baseline"


def test_damaged_file_of_secrets_is_said_in_a_sentence(secrets, capsys):
    secrets("this is no TOML")

    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        settings()
    assert main(["migrate"]) == 1
    assert "Mend it, or take it away" in capsys.readouterr().err


def test_setting_that_makes_no_sense_is_said_in_a_sentence(setting, capsys):
    setting("KEEP_DAYS", "ten")

    assert main(["tidy"]) == 1
    assert "DIGITREC_KEEP_DAYS is set to 'ten'" in capsys.readouterr().err


def test_server_says_what_is_wrong_with_a_setting_and_does_not_start():
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.headless=true", "--server.port=0"]
    process = subprocess.run(
        command,
        cwd=ROOT,
        env={**module.os.environ, "DIGITREC_KEEP_DAYS": "-1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert process.returncode
    assert "digitrec does not start: DIGITREC_KEEP_DAYS is set to '-1'" in process.stderr
    assert "Traceback" not in process.stderr
