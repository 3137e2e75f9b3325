"""The number of processor cores that this process may use."""

import os
from functools import cache
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


@cache
def available_cores() -> int:
    """Return how many cores this process may use: those of its CPU affinity, or fewer under a container's quota."""
    cores, quota = _affinity() or 1, cpu_quota()
    return min(cores, max(1, round(quota))) if quota else cores


def cpu_quota(cgroups: Path = _CGROUPS) -> float | None:
    """Return the CPU quota of this container in cores, or None, from the files of cgroup v2 or v1."""
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = ((cgroups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        except OSError:
            return None
    try:
        # Without a limit, v2 says "max" and v1 says -1.
        return int(quota) / int(period) if int(quota) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None


def _affinity() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
