"""Every setting in one typed object."""

from functools import cache
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

BASELINE = "baseline"
EVERYHAND = "everyhand"
ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What can be chosen without touching code, read from ``DIGITREC_…`` environment variables."""

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
    """The settings of this process."""
    return Settings()
