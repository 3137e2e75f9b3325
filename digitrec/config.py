"""Every setting in one typed object."""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from limits import parse
from pydantic import AfterValidator, AliasChoices, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from digitrec.errors import SettingsError

BASELINE = "baseline"
EVERYHAND = "everyhand"
LINE = "line"
"""The model that reads numbers; the others read digits."""
ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = Path(os.environ.get("STREAMLIT_SECRETS_FILES") or ROOT / ".streamlit" / "secrets.toml")
"""The file of secrets; the variable is Streamlit's own, here with one file in it."""
_PLAIN = ("DATABASE_URL", "REDIS_URL")
"""The settings that hosts give names of their own to."""


def _limit(value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        said = "It has to be a number in a time, such as 60/minute or 300/10 seconds"
        raise PydanticCustomError("limit", said) from error
    return value


Limit = Annotated[str, AfterValidator(_limit)]


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

    datasets: Path | None = None
    """The folder with the digits that models are measured on, to show those that are read wrong."""

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

    api_open: bool = True
    """Whether the API serves requests without a key."""

    metrics_token: str | None = None
    """What Prometheus has to show to read the metrics; without it nobody reads them."""

    limit_drawings: Limit = "300/10 seconds"
    """How many drawings a person, or an address where nobody signed in, may have read."""

    limit_uploads: Limit = "120/minute"
    """How many pictures and photographs likewise."""

    limit_api: Limit = "600/minute"
    """How many pictures a key, or an address without one, may send to the API."""

    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "DIGITREC_REDIS_URL"))
    """The Redis in which replicas count these together; without it each process counts for itself."""

    queue: int = Field(50, ge=1)
    """How many pictures may wait to be read; the next one is put off."""

    log_format: Literal["text", "json"] = "text"
    """How lines of the log are written."""

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
        if name in _PLAIN or name.startswith("DIGITREC_"):
            os.environ.setdefault(name, str(value))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        name = name if name in _PLAIN else f"DIGITREC_{name}"
        raise SettingsError(f"{name} is set to {first['input']!r}: {first['msg']}.") from error


def secrets() -> dict[str, Any]:
    """What stands in the file of secrets, nothing where there is none.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return tomllib.loads(SECRETS_FILE.read_text(encoding="utf-8")) if SECRETS_FILE.is_file() else {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SECRETS_FILE} cannot be read as TOML: {error}. Mend it, or take it away.") from error
