"""Work on untrusted files in processes with limits on time and memory."""

import json
import math
import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from threading import Timer
from typing import Any, Protocol

# digitrec.config would cost every decoder process 24 MB and a sixth of a second.
_ROOT = Path(__file__).resolve().parents[2]


class Report(Protocol):
    """A function with which a process reports to the one that started it."""

    def __call__(self, **message: object) -> None:
        """Report a message that can be written as JSON."""


def run_limited(module: str, *arguments: str, seconds: float, **environment: str) -> Generator[dict[str, Any]]:
    """Call ``work(report, *arguments)`` of a module in a separate process, and yield the messages it reports.

    The module limits its memory itself. The process is killed when it has run for ``seconds``, and when the generator
    is closed. Raises TimeoutError if it takes too long, ChildProcessError with its exit status if it crashes, and
    ModuleNotFoundError if it needs a library that isn't installed.
    """
    command = (sys.executable, "-W", "ignore", "-m", __name__, module, str(seconds), *arguments)
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # Libraries may write anything here, such as parts of the file.
        stderr=subprocess.DEVNULL,
    ) as process:
        timer = Timer(seconds, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                message = json.loads(line)
                if "missing" in message:
                    raise ModuleNotFoundError(name=message["missing"])
                yield message
            process.wait()
        finally:
            is_late = not timer.is_alive()
            timer.cancel()
            process.kill()
    if process.returncode and is_late:
        raise TimeoutError
    if process.returncode:
        raise ChildProcessError(process.returncode)


def limit_memory(size: int) -> None:
    """Limit the address space of this process to ``size`` bytes, on Linux, and disable core dumps."""
    try:
        import resource
    except ModuleNotFoundError:
        # Windows has no such limits.
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # macOS doesn't enforce this one.
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = size if hard == resource.RLIM_INFINITY else min(hard, size)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_growth(size: int) -> None:
    """Limit the address space to ``size`` bytes more than this process has now, on Linux, and disable core dumps."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    limit_memory(pages * mmap.PAGESIZE + size)


def main() -> None:
    """Do the work of ``run_limited`` in its process."""
    module, seconds, *arguments = sys.argv[1:]
    # Libraries write to standard output too, also from C++.
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # In case the process that started this one is killed.
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(float(seconds)) + 1)

    def report(**message: object) -> None:
        print(json.dumps(message), file=reports, flush=True)

    try:
        import_module(module).work(report, *arguments)
    except ModuleNotFoundError as error:
        report(missing=error.name)


if __name__ == "__main__":
    main()
