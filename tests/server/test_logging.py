import logging
import subprocess
import sys

import pytest

from digitrec.server.logging import TextFormatter


@pytest.fixture
def line():
    """Return the line that the formatter makes of a message."""

    def line(message, *arguments, exc_info=None):
        record = logging.LogRecord("digitrec", logging.INFO, "", 0, message, arguments, exc_info)
        return TextFormatter("%(levelname)s %(message)s").format(record)

    return line


def test_control_characters_are_escaped(line):
    assert line("path %s", "/\x1b[2J\x07\x9b\x7f\u202e") == r"INFO path /\x1b[2J\x07\x9b\x7f\u202e"


def test_message_stays_on_one_line(line):
    assert line("path %s", "/\r\nERROR forged\u2028") == r"INFO path /\r\nERROR forged\u2028"


def test_traceback_keeps_its_lines(line):
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        text = line("failed", exc_info=sys.exc_info())

    assert text.startswith("INFO failed\nTraceback")
    assert text.endswith(r"ValueError: \x1b[2J")


@pytest.mark.slow
def test_loggers_that_streamlit_makes_later_are_formatted():
    code = (
        "from digitrec.server.logging import configure_logging; configure_logging('text');"
        "from streamlit.logger import get_logger; get_logger('later').warning('\x1b[2J')"
    )

    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert process.stderr.strip().endswith(r"WARNING later -: \x1b[2J")
