"""The lines of the log: as text, or as JSON for machines; each tells which request it belongs to."""

import json
import logging
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime

_FIELDS = ("method", "path", "status", "milliseconds")

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def begin_request() -> str:
    """Give what is done from here on, in this thread or task, an id of its own, and return it."""
    request_id.set(secrets.token_hex(8))
    return request_id.get()


class TextFormatter(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, of an error with its traceback below."""
        record.request_id = request_id.get()
        return super().format(record)


class JSONFormatter(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(log_format: str) -> None:
    """Write what this process logs in one format, of the libraries that were imported before too."""
    logging.getLogger("digitrec").setLevel(logging.INFO)
    logging.basicConfig(level=logging.WARNING)
    formatter: logging.Formatter = JSONFormatter()
    if log_format == "text":
        formatter = TextFormatter("%(asctime)s %(levelname)s %(name)s %(request_id)s: %(message)s")
    handlers = [
        handler for name in (None, *logging.root.manager.loggerDict) for handler in logging.getLogger(name).handlers
    ]
    # What a logger without a handler falls back to; uvicorn's has none once Streamlit is done with it.
    for handler in (logging.lastResort, *handlers):
        if handler:
            handler.setFormatter(formatter)
