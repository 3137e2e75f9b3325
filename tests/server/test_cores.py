import pytest

from digitrec.server import cores
from digitrec.server.cores import available_cores, cpu_quota


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Pretend that this process may use this many cores, in a container with made-up cgroup files."""

    def machine(count, files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(cores, "_affinity", lambda: count)
        monkeypatch.setattr(cores, "cpu_quota", lambda: cpu_quota(tmp_path))
        available_cores.cache_clear()

    yield machine
    available_cores.cache_clear()


def v1(quota, period="100000"):
    return {"cpu/cpu.cfs_quota_us": f"{quota}\n", "cpu/cpu.cfs_period_us": f"{period}\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "1600000 100000\n"}, 8),
        ({"cpu.max": "damaged"}, 8),
        (v1("-1"), 8),
        (v1("300000"), 3),
        (v1("10000"), 1),
        (v1("100000", "0"), 8),
    ],
)
def test_cores_follow_the_affinity_and_the_quota(machine, files, expected):
    machine(8, files)

    assert available_cores() == expected


def test_unknown_number_of_cores_counts_as_one(machine):
    machine(None, {})

    assert available_cores() == 1
