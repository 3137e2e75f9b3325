import subprocess
import sys
from pathlib import Path

import pytest

from digitrec import config as module
from digitrec.cli import main
from digitrec.config import ROOT, Settings, settings
from digitrec.errors import SettingsError


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    """Writes the file of secrets of one test."""
    for name in ("DATABASE_URL", "DIGITREC_MODEL"):
        # Set and taken away, so that what settings() puts there is taken away again.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(module, "SECRETS_FILE", tmp_path / "secrets.toml")

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


def test_table_of_settings_tells_each_with_its_default():
    section = (ROOT / "README.md").read_text().split("## Settings")[1].split("##")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    told = {name.strip("`"): default.strip("`") for name, _, default in rows}
    there_are = {
        str(field.validation_alias.choices[0] if field.validation_alias else f"DIGITREC_{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }

    # What uvicorn reads.
    assert set(told) == {*there_are, "FORWARDED_ALLOW_IPS"}
    for name, default in there_are.items():
        if default not in (None, ""):
            shown = default.relative_to(ROOT) if isinstance(default, Path) else default
            assert told[name] == str(shown).lower(), name


@pytest.mark.parametrize("limit", ["", "many", "60", "60/fortnight"])
def test_limit_that_is_none_is_said_in_a_sentence(setting, limit):
    setting("LIMIT_API", limit)

    with pytest.raises(SettingsError, match=r"DIGITREC_LIMIT_API is set to .* such as 60/minute"):
        settings()
