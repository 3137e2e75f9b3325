"""Two replicas behind nginx act as one server."""

import asyncio
import http.client
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from hashlib import md5
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import expect
from websockets.exceptions import WebSocketException

from digitrec.accounts.users import LOCAL_USER
from digitrec.samples import samples
from digitrec.storage.api_keys import create_key
from digitrec.storage.history import open_history
from digitrec.storage.schema import Activity
from digitrec.storage.users import log_activity
from tests.browser.test_draw import announcement, announces
from tests.faults.test_kill import Drawing, check_history, numbered
from tests.support.app import draw, free_port, open_app
from tests.support.client import Previews, Session, finish
from tests.support.cluster import PROXY, running_cluster
from tests.support.pictures import drawing_png, part_with_ink
from tests.support.sign_in import ADA, running_provider, write_secrets

pytestmark = pytest.mark.full

STICKY = "digitrec_replica"
SAVED = "Saved to your history"
TOKEN = "metrics-token"
USERS = 4
TIMEOUT_SECONDS = 60
LIMIT = 6


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster with the local user and rate limits that no test reaches."""
    limits = {f"DIGITREC_LIMIT_{kind}": "1000000/minute" for kind in ("DRAWINGS", "API")}
    with running_cluster(tmp_path_factory.mktemp("cluster"), DIGITREC_METRICS_TOKEN=TOKEN, **limits) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster_with_sign_in(tmp_path_factory):
    """A cluster with sign-in and low rate limits."""
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    limits = {f"DIGITREC_LIMIT_{kind}": f"{LIMIT}/hour" for kind in ("DRAWINGS", "API")}
    with running_provider(ADA) as provider:
        write_secrets(folder / "secrets.toml", provider.url, f"http://127.0.0.1:{port}")
        with running_cluster(folder, port, STREAMLIT_SECRETS_FILES=str(folder / "secrets.toml"), **limits) as cluster:
            yield cluster


@pytest.fixture
def history(cluster, monkeypatch):
    """The history of the local user, emptied before each test."""
    environment = cluster.environment
    for name in environment:
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, environment[name])
    history = open_history(
        Path(environment["DIGITREC_DATA"]),
        LOCAL_USER,
        environment["DATABASE_URL"],
        environment["DIGITREC_PICTURES"],
    )
    history.delete_all()
    yield history
    history.database.engine.dispose()


def post_image(url, source="127.0.0.1", **headers):
    """Send an image of a 7 to the API from an address of this machine, and return the response."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30, source_address=(source, 0))
    boundary = "digitrec"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="seven.png"\r\n\r\n'
    body = part.encode() + drawing_png(7) + f"\r\n--{boundary}--\r\n".encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(
        "POST", "/api/predict", body, {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers}
    )
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def count_api_predictions(replica):
    """Return how many images the API of one replica has recognized."""
    request = urllib.request.Request(f"{replica.url}/api/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request) as metrics:
        lines = metrics.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('digitrec_verdicts_total{source="api"'))


def replica_of(page, cluster):
    """Return the number of the replica that a browser is connected to."""
    value = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == STICKY)
    # nginx identifies a replica without a name by the MD5 hash of its address.
    names = [md5(replica.url.removeprefix("http://").encode()).hexdigest() for replica in cluster.replicas]
    return names.index(value)


@pytest.mark.parametrize("number", [0, 1, None])
def test_previews_work_on_each_replica_and_behind_nginx(cluster_with_sign_in, number):
    async def preview():
        async with Session(cluster_with_sign_in.replicas[0].url) as session:
            session.url = cluster_with_sign_in.url if number is None else cluster_with_sign_in.replicas[number].url
            async with Previews(session) as previews:
                return await previews.ask(part_with_ink(samples()[7]), lifted=True)

    assert "confidence" in finish(preview())


def switch_replica(page, cluster):
    """Move a browser to the other replica."""
    before = replica_of(page, cluster)
    while replica_of(page, cluster) == before:
        page.context.clear_cookies(name=STICKY)
        page.request.get(f"{cluster.url}/_stcore/health")


async def draw_while(cluster, history, work):
    """Let users draw while ``work`` runs in a thread, and check that every saved drawing is in the history."""
    numbers, stop, drawings = count(), asyncio.Event(), []

    async def user():
        while not stop.is_set():
            try:
                async with Session(cluster.url) as session:
                    drawings.append(drawing := Drawing())
                    for _ in range(3):
                        drawing.sent.append(next(numbers))
                        if (await session.draw(numbered(drawing.sent[-1]))).is_saved:
                            drawing.saved.append(drawing.sent[-1])
            except (WebSocketException, OSError):
                await asyncio.sleep(0.1)

    async def drawing_is_saved(since):
        while not any(drawing.saved for drawing in drawings[since:]):
            await asyncio.sleep(0.05)

    users = [asyncio.ensure_future(user()) for _ in range(USERS)]
    await asyncio.wait_for(drawing_is_saved(since=0), TIMEOUT_SECONDS)
    await asyncio.to_thread(work)
    await asyncio.wait_for(drawing_is_saved(since=len(drawings)), TIMEOUT_SECONDS)
    stop.set()
    await asyncio.gather(*users)
    check_history(history, drawings)


@contextmanager
def killed(cluster, number):
    """Kill a replica, and start it again at the end."""
    cluster.kill(number)
    try:
        yield
    finally:
        cluster.stop(number)
        cluster.start(number)


def test_saved_drawings_survive_a_killed_replica(cluster, history):
    with ExitStack() as later:
        finish(draw_while(cluster, history, lambda: later.enter_context(killed(cluster, 0))))


def test_page_of_a_killed_replica_reconnects_to_the_other(cluster, history, browser):
    page = browser.new_page()
    open_app(page, cluster.url)
    draw(page, samples()[7])
    expect(page.get_by_text(SAVED)).to_be_visible()
    number = replica_of(page, cluster)

    with killed(cluster, number):
        page.locator("[data-test-connection-state=CONNECTED]").wait_for(state="detached")
        page.locator("[data-test-connection-state=CONNECTED]").wait_for()
        page.get_by_role("tab", name="Steps").wait_for()
        draw(page, samples()[3])

        expect(announcement(page)).to_have_text(announces(3))
        expect(page.get_by_text(SAVED)).to_be_visible()
        assert replica_of(page, cluster) != number
        assert history.count() == 2
        page.close()


def test_rolling_restart_disturbs_neither_pages_nor_api_requests(cluster, history):
    statuses, stop = [], Event()

    def send_requests():
        while not stop.is_set():
            statuses.append(post_image(cluster.url).status)

    def restart():
        for number in (0, 1):
            cluster.stop(number)
            cluster.start(number)

    with ThreadPoolExecutor(2) as threads:
        clients = [threads.submit(send_requests) for _ in range(2)]
        try:
            finish(draw_while(cluster, history, restart))
        finally:
            stop.set()
        for client in clients:
            client.result()

    assert set(statuses) == {200}


def test_both_replicas_serve_the_api_and_save_to_one_history(cluster, history):
    log_activity(history.database, history.user, Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "cluster")
    before = [count_api_predictions(replica) for replica in cluster.replicas]

    responses = [post_image(cluster.url, Authorization=f"Bearer {key}") for _ in range(6)]

    assert {response.status for response in responses} == {200}
    after = [count_api_predictions(replica) for replica in cluster.replicas]
    assert [new - old for new, old in zip(after, before, strict=True)] == [3, 3]
    assert history.count() == 6


@pytest.mark.parametrize("path", ["/api/metrics", "/_stcore/metrics"])
def test_metrics_are_not_served_through_nginx(cluster, path):
    connection = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})

    assert connection.getresponse().status == 404
    connection.close()


def test_sign_in_works_across_replicas(cluster_with_sign_in, browser):
    cluster, page = cluster_with_sign_in, browser.new_page()
    open_app(page, cluster.url)
    page.get_by_role("button", name="Sign in with Google").click()
    page.get_by_role("button", name="ada").first.wait_for()
    first = replica_of(page, cluster)
    # The provider redirects back to the other replica.
    switch_replica(page, cluster)
    page.get_by_role("button", name="ada").first.click()
    page.get_by_role("button", name="Ada Lovelace").wait_for()
    assert replica_of(page, cluster) != first
    draw(page, samples()[7])
    expect(page.get_by_text(SAVED)).to_be_visible()

    switch_replica(page, cluster)
    page.goto(f"{cluster.url}/history")

    page.get_by_role("button", name="Ada Lovelace").wait_for()
    expect(page.get_by_text("1 prediction")).to_be_visible()
    assert replica_of(page, cluster) == first
    page.close()


def test_replicas_share_the_api_limit_and_trust_only_the_proxy(cluster_with_sign_in):
    cluster = cluster_with_sign_in
    responses = [post_image(cluster.url, X_Forwarded_For=f"1.2.3.{number}") for number in range(LIMIT + 1)]

    assert [response.status for response in responses] == [200] * LIMIT + [429]
    clients = [("127.0.0.2", "1.2.3.4"), (PROXY, "1.2.3.4"), (PROXY, "5.6.7.8"), (PROXY, "9.9.9.9, 5.6.7.8")]
    responses = [post_image(cluster.url, source, X_Forwarded_For=forwarded) for source, forwarded in clients]
    remaining = [int(response.headers["ratelimit-remaining"]) for response in responses]
    assert remaining == [LIMIT - 1, LIMIT - 1, LIMIT - 1, LIMIT - 2]


def test_replicas_share_the_limit_of_drawings(cluster_with_sign_in):
    async def draw_on_both():
        urls = [replica.url for replica in cluster_with_sign_in.replicas]
        async with Session(urls[0]) as first, Session(urls[1]) as second:
            return [await session.draw(samples()[digit]) for digit, session in enumerate([first, second] * 4)]

    runs = finish(draw_on_both())

    assert [run.is_saved for run in runs] == [True] * LIMIT + [False] * 2
    assert "Your drawing is safe" in runs[-1].text
