"""Every setting of the app in one typed object."""

import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import AfterValidator, AliasChoices, BeforeValidator, DirectoryPath, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from digitrec.errors import SettingsError

BASELINE = "baseline"
EVERYHAND = "everyhand"
LINE = "line"  # The model that reads numbers. The others read digits.
ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = Path(os.environ.get("STREAMLIT_SECRETS_FILES") or ROOT / ".streamlit" / "secrets.toml")
"""The secrets file. Streamlit reads the same environment variable."""

_UNPREFIXED = ("DATABASE_URL", "REDIS_URL")  # Settings whose names hosting services define.
# A URL with at most one "@" after its user name, read as SQLAlchemy reads it: the part of a password after an "@" would
# be read as the host, and appear in messages.
_DATABASE_URL = r"^[\w+]+:(//([^:/]*(:[^@]*)?@)?)?[^@]*$"
_REQUIREMENTS = {
    "bool_parsing": "true or false",
    "email_addresses": "email addresses separated by commas",
    "host_names": "host names separated by commas, such as digits.example.org",
    "less_than_equal": "a whole number of at most {le:,}",
    "path_not_directory": "an existing folder",
    # Only the database URL has a pattern.
    "string_pattern_mismatch": "a URL such as postgresql://user:password@host/name, with any @ in the password written "
    "as %40",
    "literal_error": "text or json",
    "rate_limit": "a number per period, such as 60/minute or 300/10 seconds",
}
"""What a setting must be, by the type of the validation error."""
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_WHOLE_NUMBER = "a whole number of at least 1"
_MAX_DAYS = 36_500  # Python's dates end a few thousand years ago.
_EMAIL_ADDRESS = re.compile(r"[^@\s;]+@[^@\s;]+")


def _check_limit(value: str) -> str:
    try:
        # Only the first of several limits would count, so unpacking raises ValueError for them too.
        [limit] = parse_many(value)
    except ValueError as error:
        raise PydanticCustomError("rate_limit", "invalid rate limit") from error
    if not limit.amount:
        raise PydanticCustomError("rate_limit", "nothing allowed")
    return value


def _separated(names: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())


def _email_addresses(names: str) -> frozenset[str]:
    addresses = _separated(names)
    if not all(map(_EMAIL_ADDRESS.fullmatch, addresses)):
        raise PydanticCustomError("email_addresses", "invalid email address")
    return addresses


def _hosts(names: str) -> frozenset[str]:
    """Return host names in the ASCII form that browsers send, from names or URLs separated by commas."""
    try:
        return frozenset(map(_host_name, _separated(names)))
    except ValueError as error:
        raise PydanticCustomError("host_names", "invalid host name") from error


def _host_name(name: str) -> str:
    parts = urlsplit(f"//{name.rpartition('://')[2]}")
    host = (parts.hostname or "").rstrip(".").encode("idna").decode()
    _ = parts.port  # Raises ValueError if it isn't a number.
    if not _HOST_NAME.fullmatch(host):
        raise ValueError(name)
    return host


# Only a shell replaces ~ by itself.
Folder = Annotated[Path, BeforeValidator(os.path.expanduser)]
ExistingFolder = Annotated[DirectoryPath, BeforeValidator(os.path.expanduser)]
Limit = Annotated[str, AfterValidator(_check_limit)]
EmailAddresses = Annotated[frozenset[str], NoDecode, BeforeValidator(_email_addresses)]
HostNames = Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)]


class Settings(BaseSettings):
    """Settings from ``DIGITREC_…`` environment variables or, with lower precedence, from the secrets file."""

    # Secrets read from files often end with a line break.
    model_config = SettingsConfigDict(
        env_prefix="DIGITREC_",
        env_ignore_empty=True,
        frozen=True,
        str_strip_whitespace=True,
        validate_default=False,
    )

    models: Folder = ROOT / "model"  # Folder with one subfolder per model.

    model: str = EVERYHAND  # Name of the default digit model.

    data: Folder = ROOT / "data"  # Folder for the history: the SQLite file and the images.

    datasets: ExistingFolder | None = None
    """Folder with test data. The Models page uses it to show misclassified digits."""

    database_url: str | None = Field(
        None,
        pattern=_DATABASE_URL,
        validation_alias=AliasChoices("DATABASE_URL", "DIGITREC_DATABASE_URL"),
        repr=False,
    )
    """PostgreSQL database for the history. Without it, the history is a SQLite file in the data folder."""

    pictures: str | None = None
    """Where to store images: a folder, or a URL such as ``s3://bucket/path``. By default, in the data folder."""

    keep_days: int | None = Field(None, ge=1, le=_MAX_DAYS)
    """Days after which predictions are deleted. By default, they are stored until a user deletes them."""

    sign_in_days: int = Field(7, ge=1, le=_MAX_DAYS)  # Days after which users must sign in again.

    guest_days: int = Field(7, ge=1, le=_MAX_DAYS)
    """Days after a guest's last prediction when the guest's history is deleted."""

    hosts: HostNames = frozenset()
    """Additional host names of the app, separated by commas; localhost and the host in redirect_uri always work."""

    admins: EmailAddresses = frozenset()  # Verified email addresses of the admins, separated by commas.

    import_models: bool = False
    """Whether admins, or the local user, may import models on a server that other machines can reach."""

    api_open: bool = True  # Whether the API accepts requests without a key.

    metrics_token: str | None = Field(None, repr=False)
    """Bearer token that Prometheus sends to read the metrics. Without it, they are not served."""

    limit_drawings: Limit = "300/10 seconds"
    """Rate limit for drawings, per signed-in user or, for anyone else, per IP address."""

    limit_uploads: Limit = "120/minute"
    """Rate limit for uploads and photos, per signed-in user or, for anyone else, per IP address."""

    limit_api: Limit = "600/minute"  # Rate limit for images sent to the API, per key or, without one, per IP address.

    redis_url: str | None = Field(None, validation_alias=AliasChoices("REDIS_URL", "DIGITREC_REDIS_URL"), repr=False)
    """Redis server through which replicas share rate limits. Without it, each process counts separately."""

    max_megapixels: int = Field(24, ge=1, le=1000)
    """Maximum number of pixels in an image file, in millions. Decoding takes up to 16 bytes for each."""

    queue: int = Field(50, ge=1)  # API requests that may wait for recognition. Further ones are turned away.

    log_format: Literal["text", "json"] = "text"  # Format of log lines.


@cache
def settings() -> Settings:
    """Return the settings of this process. Raises SettingsError if one is invalid or the secrets file can't be read."""
    # Streamlit does the same in its server, but commands need the settings too.
    for name, value in secrets().items():
        if misplaced := _settings_in(value):
            raise SettingsError(f"{SECRETS_FILE.name}: {misplaced[0]} must be above the first section, such as [auth].")
        if _is_setting(name) and not os.environ.get(name):
            os.environ[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    try:
        return Settings()
    except ValidationError as error:
        details = error.errors()[0]
        name = str(details["loc"][0]).upper()
        name = name if name in _UNPREFIXED else f"DIGITREC_{name}"
        # The value stays out of the message because it may be a secret.
        requirement = _REQUIREMENTS.get(details["type"], _WHOLE_NUMBER).format(**details.get("ctx", {}))
        raise SettingsError(f"{name} must be {requirement}.") from None


def _is_setting(name: str) -> bool:
    return name in _UNPREFIXED or name.startswith("DIGITREC_")


def _settings_in(section: Any) -> list[str]:
    """Return the names of settings in a section of the secrets file, where they would have no effect."""
    if not isinstance(section, dict):
        return []
    return [*filter(_is_setting, section), *(name for value in section.values() for name in _settings_in(value))]


def secrets() -> dict[str, Any]:
    """Return the content of the secrets file, empty if there is none. Raises SettingsError if it can't be read."""
    try:
        return tomllib.loads(SECRETS_FILE.read_text(encoding="utf-8")) if SECRETS_FILE.exists() else {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{SECRETS_FILE} can't be read as TOML: {error}. Fix or remove it.") from error
