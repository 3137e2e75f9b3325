import signal
import sys

import psutil
import pytest

from digitrec.server.limited_process import run_limited
from tests.support.app import eventually

pytestmark = pytest.mark.server
WORK = """
import os
import signal

from digitrec.server.limited_process import limit_memory


def work(report, what, *more):
    report(pid=os.getpid(), more=more)
    if what == "print":
        os.write(1, b"noise of a library")
        print("more noise")
    elif what == "wait":
        signal.pause()
    elif what == "import":
        import library_that_is_missing
    elif what == "allocate":
        limit_memory(2**30)
        bytearray(2**31)
    else:
        os.kill(os.getpid(), getattr(signal, what))
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the work in a process."""
    (tmp_path / "untrusted_work.py").write_text(WORK)
    return lambda *arguments, seconds=60.0: run_limited(
        "untrusted_work", *arguments, seconds=seconds, PYTHONPATH=str(tmp_path)
    )


def test_only_what_the_work_reports_is_yielded(run):
    [message] = run("print", "one", "two")

    assert message["more"] == ["one", "two"]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("SIGKILL", -signal.SIGKILL),
        ("SIGABRT", -signal.SIGABRT),
        pytest.param(
            "allocate", 1, marks=pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits the memory.")
        ),
    ],
)
def test_crash_is_reported_with_its_exit_status(what, status, run):
    with pytest.raises(ChildProcessError) as caught:
        list(run(what))

    assert caught.value.args == (status,)


def test_missing_library_is_named(run):
    with pytest.raises(ModuleNotFoundError) as caught:
        list(run("import"))

    assert caught.value.name == "library_that_is_missing"


def test_process_that_takes_too_long_is_killed(run):
    with pytest.raises(TimeoutError):
        list(run("wait", seconds=0.5))


def test_process_ends_when_its_caller_stops_waiting(run):
    messages = run("wait")
    process = psutil.Process(next(messages)["pid"])

    messages.close()

    eventually(process.is_running, False)
