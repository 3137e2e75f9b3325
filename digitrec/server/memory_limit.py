"""A limit on the memory of a process that works on untrusted files."""

import sys
from pathlib import Path


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
    """Limit the address space of this process to ``size`` bytes more than it has now, on Linux."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit_memory(pages * resource.getpagesize() + size)
