"""Every setting in one typed object."""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from digitrec.errors import SettingsError

BASELINE = "baseline"
EVERYHAND = "everyhand"
LINE = "line"
"""The model that reads numbers; the others read digits."""
ROOT = Path(__file__).resolve().parent.parent
SECRETS = Path(os.environ.get("STREAMLIT_SECRETS_FILES") or ROOT / ".streamlit" / "secrets.toml")
"""The file of secrets; the variable is Streamlit's own, here with one file in it."""


class Settings(BaseSettings):
    """What can be chosen without touching code, read from ``DIGITREC_…`` environment variables.

    Those that are not set are taken from the file of secrets, where they stand under the same names.
    """

    model_config = SettingsConfigDict(env_prefix="DIGITREC_", frozen=True, protected_namespaces=())

    models: Path = ROOT / "model"
    """The folder with one folder per model."""

    model: str = EVERYHAND
    """The name of the model that reads."""

    data: Path = ROOT / "data"
    """The folder that keeps the history: the SQLite file and the pictures."""

    database_url: str | None = Field(None, validation_alias=AliasChoices("DATABASE_URL", "DIGITREC_DATABASE_URL"))
    """The PostgreSQL database that keeps the history instead of the SQLite file."""

    pictures: str | None = None
    """Where pictures are kept instead of in the data folder: a folder, or a URL such as ``s3://bucket/path``."""

    keep_days: int | None = Field(None, ge=1)
    """How many days records are kept; without it, until somebody deletes them."""

    sign_in_days: int = Field(7, ge=1)
    """After how many days somebody who signed in has to sign in again."""

    guest_days: int = Field(7, ge=1)
    """How many days the drawings of a guest are kept after the last one."""

    admins: str = ""
    """The verified emails of those who may see and disable people, with commas between."""

    @property
    def admin_emails(self) -> frozenset[str]:
        """The emails of the administrators, in small letters."""
        return frozenset(email.strip().lower() for email in self.admins.split(",") if email.strip())


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: the file of secrets cannot be read, or a setting makes no sense.
    """
    # Streamlit does the same, but for its server alone; commands need them too.
    for name, value in secrets().items():
        if name == "DATABASE_URL" or name.startswith("DIGITREC_"):
            os.environ.setdefault(name, str(value))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        name = name if name == "DATABASE_URL" else f"DIGITREC_{name}"
        raise SettingsError(f"{name} is set to {first['input']!r}: {first['msg']}.") from error


def secrets() -> dict[str, Any]:
    """What stands in the file of secrets, nothing where there is none.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return tomllib.loads(SECRETS.read_text(encoding="utf-8")) if SECRETS.is_file() else {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SECRETS} cannot be read as TOML: {error}. Mend it, or take it away.") from error
