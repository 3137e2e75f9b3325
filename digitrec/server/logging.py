"""Log lines as text or JSON, each with the ID of its request."""

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime

# Also the C1 controls, bidirectional overrides and line separators, but not tab and newline.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_REQUEST_FIELDS = ("method", "path", "status", "milliseconds")

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def begin_request() -> str:
    """Give the current thread or task a new request ID and return it."""
    request_id.set(secrets.token_hex(8))
    return request_id.get()


class JSONFormatter(logging.Formatter):
    """Formats each log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _REQUEST_FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """Formats each log record as text in which control characters can't fake a line or steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, followed by its traceback, if any."""
        return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line of a record with the ID of its request, and with line breaks in its message escaped."""
        record.request_id = request_id.get()
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


def configure_logging(log_format: str) -> None:
    """Format every log line of this process as ``text`` or ``json``, including those of libraries."""
    logging.getLogger("digitrec").setLevel(logging.INFO)
    logging.basicConfig(level=logging.WARNING)
    text = TextFormatter("%(asctime)s %(levelname)s %(name)s %(request_id)s: %(message)s")
    formatter = text if log_format == "text" else JSONFormatter()

    class Logger(logging.Logger):
        """Formats what later loggers write: each of Streamlit's has a handler of its own."""

        def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802
            hdlr.setFormatter(formatter)
            super().addHandler(hdlr)

    logging.setLoggerClass(Logger)
    handlers = [
        handler for name in (None, *logging.root.manager.loggerDict) for handler in logging.getLogger(name).handlers
    ]
    logging.getLogger("uvicorn.error").addFilter(_is_not_a_refusal)
    # Loggers without a handler use lastResort. Streamlit leaves uvicorn's logger without one.
    for handler in (logging.lastResort, *handlers):
        if handler:
            handler.setFormatter(formatter)


def _is_not_a_refusal(record: logging.LogRecord) -> bool:
    # uvicorn logs this error for every websocket that the app refuses with a response.
    return record.msg != "ASGI callable returned without completing handshake."
