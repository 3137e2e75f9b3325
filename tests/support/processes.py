"""Processes that the tests or their servers have started."""

from contextlib import suppress

import psutil


def children(module: str, parent: int | None = None, recursive: bool = False) -> list[psutil.Process]:
    """Return the children of a process, by default this one, that run a module."""
    found = []
    for process in psutil.Process(parent).children(recursive):
        # Some may end meanwhile.
        with suppress(psutil.NoSuchProcess):
            if module in process.cmdline():
                found.append(process)
    return found
