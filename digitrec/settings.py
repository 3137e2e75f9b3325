"""Every setting in one typed object."""

import os
import tomllib
from functools import cache
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from digitrec.errors import SettingsError

BASELINE = "baseline"
EVERYHAND = "everyhand"
ROOT = Path(__file__).resolve().parent.parent
SECRETS = ROOT / ".streamlit" / "secrets.toml"


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


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: the file of secrets cannot be read, or a setting makes no sense.
    """
    try:
        secrets = tomllib.loads(SECRETS.read_text(encoding="utf-8")) if SECRETS.is_file() else {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SECRETS} cannot be read as TOML: {error}. Mend it, or take it away.") from error
    # Streamlit does the same, but for its server alone; commands need them too.
    for name, value in secrets.items():
        if name == "DATABASE_URL" or name.startswith("DIGITREC_"):
            os.environ.setdefault(name, str(value))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        name = name if name == "DATABASE_URL" else f"DIGITREC_{name}"
        raise SettingsError(f"{name} is set to {first['input']!r}: {first['msg']}.") from error
