"""Two replicas as one."""

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
from tests.support.client import Session, finish
from tests.support.cluster import PROXY, running_cluster
from tests.support.pictures import drawing_png
from tests.support.sign_in import ADA, running_provider, write_secrets

pytestmark = pytest.mark.full

STICKY = "digitrec_replica"
SAVED = "Saved to your history"
TOKEN = "a token of Prometheus"
PEOPLE = 4
SECONDS = 60
LIMIT = 6


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """For one local person."""
    enough = {f"DIGITREC_LIMIT_{what}": "1000000/minute" for what in ("DRAWINGS", "API")}
    with running_cluster(tmp_path_factory.mktemp("cluster"), DIGITREC_METRICS_TOKEN=TOKEN, **enough) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster_with_sign_in(tmp_path_factory):
    """For people, none of whom may ask for much."""
    folder, port = tmp_path_factory.mktemp("cluster"), free_port()
    few = {f"DIGITREC_LIMIT_{what}": f"{LIMIT}/hour" for what in ("DRAWINGS", "API")}
    with running_provider(ADA) as provider:
        write_secrets(folder / "secrets.toml", provider.url, f"http://127.0.0.1:{port}")
        with running_cluster(folder, port, STREAMLIT_SECRETS_FILES=str(folder / "secrets.toml"), **few) as cluster:
            yield cluster


@pytest.fixture
def history(cluster, monkeypatch):
    """The records of the local person, of whom there are none yet."""
    chosen = cluster.environment
    for name in chosen:
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, chosen[name])
    history = open_history(
        Path(chosen["DIGITREC_DATA"]), LOCAL_USER, chosen["DATABASE_URL"], chosen["DIGITREC_PICTURES"]
    )
    history.delete_all()
    yield history
    history.database.engine.dispose()


def ask(url, source="127.0.0.1", **headers):
    """The API's answer to a picture of a seven, asked from an address of this machine."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30, source_address=(source, 0))
    boundary = "digitrec"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="seven.png"\r\n\r\n'
    body = part.encode() + drawing_png(7) + f"\r\n--{boundary}--\r\n".encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(
        "POST", "/api/predict", body, {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers}
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def pictures_read(replica):
    """How many pictures the API of one replica has read."""
    request = urllib.request.Request(f"{replica.url}/api/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request) as metrics:
        lines = metrics.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('digitrec_verdicts_total{source="api"'))


def number_of_replica(page, cluster):
    """Which replica a browser is with."""
    value = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == STICKY)
    # What nginx calls a replica that has no name.
    names = [md5(replica.url.removeprefix("http://").encode()).hexdigest() for replica in cluster.replicas]
    return names.index(value)


def move(page, cluster):
    """Bring a browser to the other replica."""
    before = number_of_replica(page, cluster)
    while number_of_replica(page, cluster) == before:
        page.context.clear_cookies(name=STICKY)
        page.request.get(f"{cluster.url}/_stcore/health")


async def draw_while(cluster, history, work):
    """Have people draw while something else goes on, and check that what was called saved is there."""
    numbers, over, drawings = count(), asyncio.Event(), []

    async def user():
        while not over.is_set():
            try:
                async with Session(cluster.url) as session:
                    drawings.append(drawing := Drawing())
                    for _ in range(3):
                        drawing.sent.append(next(numbers))
                        if (await session.draw(numbered(drawing.sent[-1]))).is_saved:
                            drawing.saved.append(drawing.sent[-1])
            except (WebSocketException, OSError):
                await asyncio.sleep(0.1)

    async def somebody_saved(since):
        while not any(drawing.saved for drawing in drawings[since:]):
            await asyncio.sleep(0.05)

    people = [asyncio.ensure_future(user()) for _ in range(PEOPLE)]
    await asyncio.wait_for(somebody_saved(since=0), SECONDS)
    await asyncio.to_thread(work)
    await asyncio.wait_for(somebody_saved(since=len(drawings)), SECONDS)
    over.set()
    await asyncio.gather(*people)
    check_history(history, drawings)


@contextmanager
def killed(cluster, number):
    """A replica killed, and started again at the end."""
    cluster.kill(number)
    try:
        yield
    finally:
        cluster.stop(number)
        cluster.start(number)


def test_nothing_called_saved_is_lost_with_a_replica_that_is_killed(cluster, history):
    with ExitStack() as later:
        finish(draw_while(cluster, history, lambda: later.enter_context(killed(cluster, 0))))


def test_page_whose_replica_is_killed_goes_on_with_the_other(cluster, history, browser):
    page = browser.new_page()
    open_app(page, cluster.url)
    draw(page, samples()[7])
    expect(page.get_by_text(SAVED)).to_be_visible()
    number = number_of_replica(page, cluster)

    with killed(cluster, number):
        page.locator("[data-test-connection-state=CONNECTED]").wait_for(state="detached")
        page.locator("[data-test-connection-state=CONNECTED]").wait_for()
        page.get_by_text("Show preprocessing steps").wait_for()
        draw(page, samples()[3])

        expect(announcement(page)).to_have_text(announces(3))
        expect(page.get_by_text(SAVED)).to_be_visible()
        assert number_of_replica(page, cluster) != number
        assert history.count() == 2
        page.close()


def test_rolling_restart_is_noticed_by_nobody_who_draws_or_asks_the_api(cluster, history):
    statuses, over = [], Event()

    def ask_on():
        while not over.is_set():
            statuses.append(ask(cluster.url).status)

    def restart():
        for number in (0, 1):
            cluster.stop(number)
            cluster.start(number)

    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(ask_on) for _ in range(2)]
        try:
            finish(draw_while(cluster, history, restart))
        finally:
            over.set()
        for one in asking:
            one.result()

    assert set(statuses) == {200}


def test_api_is_served_by_both_and_what_a_key_reads_is_kept(cluster, history):
    log_activity(history.database, history.user, Activity.VIEW_PROFILE)
    key = create_key(history.database, LOCAL_USER, "cluster")
    before = [pictures_read(replica) for replica in cluster.replicas]

    answers = [ask(cluster.url, Authorization=f"Bearer {key}") for _ in range(6)]

    assert {answer.status for answer in answers} == {200}
    assert [pictures_read(replica) - was for replica, was in zip(cluster.replicas, before, strict=True)] == [3, 3]
    assert history.count() == 6


@pytest.mark.parametrize("path", ["/api/metrics", "/_stcore/metrics"])
def test_metrics_are_not_for_who_comes_by_the_front(cluster, path):
    connection = http.client.HTTPConnection(cluster.url.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})

    assert connection.getresponse().status == 404
    connection.close()


def test_who_signs_in_on_one_replica_is_known_to_the_other(cluster_with_sign_in, browser):
    cluster, page = cluster_with_sign_in, browser.new_page()
    open_app(page, cluster.url)
    page.get_by_role("button", name="Sign in with Google").click()
    page.get_by_role("button", name="ada").first.wait_for()
    begun = number_of_replica(page, cluster)
    # The provider leads back to another replica than the one that led there.
    move(page, cluster)
    page.get_by_role("button", name="ada").first.click()
    page.get_by_role("button", name="Ada Lovelace").wait_for()
    assert number_of_replica(page, cluster) != begun
    draw(page, samples()[7])
    expect(page.get_by_text(SAVED)).to_be_visible()

    move(page, cluster)
    page.goto(f"{cluster.url}/history")

    page.get_by_role("button", name="Ada Lovelace").wait_for()
    expect(page.get_by_text("1 prediction")).to_be_visible()
    assert number_of_replica(page, cluster) == begun
    page.close()


def test_limit_is_one_for_both_and_an_address_is_taken_from_a_trusted_proxy_alone(cluster_with_sign_in):
    cluster = cluster_with_sign_in
    answers = [ask(cluster.url, X_Forwarded_For=f"1.2.3.{number}") for number in range(LIMIT + 1)]

    assert [answer.status for answer in answers] == [200] * LIMIT + [429]
    said = [("127.0.0.2", "1.2.3.4"), (PROXY, "1.2.3.4"), (PROXY, "5.6.7.8"), (PROXY, "9.9.9.9, 5.6.7.8")]
    left = [
        ask(cluster.url, source, X_Forwarded_For=address).headers["ratelimit-remaining"] for source, address in said
    ]
    assert left == [str(LIMIT - 1)] * 3 + [str(LIMIT - 2)]


def test_limit_of_drawings_is_one_for_both(cluster_with_sign_in):
    async def draw_on_both():
        urls = [replica.url for replica in cluster_with_sign_in.replicas]
        async with Session(urls[0]) as one, Session(urls[1]) as other:
            return [await session.draw(samples()[digit]) for digit, session in enumerate([one, other] * 4)]

    answers = finish(draw_on_both())

    assert [answer.is_saved for answer in answers] == [True] * LIMIT + [False] * 2
    assert "Your drawing is safe" in answers[-1].text
