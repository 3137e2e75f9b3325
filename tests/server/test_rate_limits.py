import threading
import time

import pytest

from digitrec.errors import RateLimitExceeded, SettingsError
from digitrec.server.rate_limits import Limited, RateLimits
from tests.support.app import free_port
from tests.support.client import finish
from tests.support.metrics import metric
from tests.support.redis_server import running_redis


@pytest.fixture
def patient(monkeypatch):
    """Wait for Redis as long as a busy machine needs."""
    monkeypatch.setattr("digitrec.server.rate_limits._REDIS_TIMEOUT_SECONDS", 20)


@pytest.fixture(params=["memory", "redis"])
def limits(request, patient):
    if request.param == "memory":
        yield RateLimits()
        return
    with running_redis(free_port()) as url:
        yield RateLimits(url)


def hits(limits, count, caller="address 1.2.3.4", limited=Limited.API):
    """Make this many requests and return what was left after each, or None for those that were rejected."""
    remaining = []
    for _ in range(count):
        try:
            remaining.append(limits.hit(limited, caller).remaining)
        except RateLimitExceeded:
            remaining.append(None)
    return remaining


def spend(seconds=0.06):
    """Use this much processor time, and a little more."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_each_caller_has_a_limit_for_each_kind_of_request(limits, setting):
    setting("LIMIT_API", "3/minute")
    setting("LIMIT_UPLOADS", "1/minute")

    assert hits(limits, 5) == [2, 1, 0, None, None]
    assert hits(limits, 2, "key 1") == [2, 1]
    assert hits(limits, 2, limited=Limited.UPLOADS) == [0, None]


def test_request_is_accepted_after_the_announced_wait(limits, setting, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    setting("LIMIT_API", "2/minute")
    hits(limits, 1)
    now += 19.5
    hits(limits, 1)
    with pytest.raises(RateLimitExceeded) as caught:
        limits.hit(Limited.API, "address 1.2.3.4")

    assert caught.value.seconds == 41
    assert str(caught.value) == "Rate limit reached. Try again in 41 s."
    now += 40
    assert hits(limits, 1) == [None]
    now += 1
    assert hits(limits, 2) == [0, None]


def test_rejected_request_does_not_count(limits, setting):
    setting("LIMIT_API", "5/minute")
    before = metric("digitrec_rejected_total", by="limit")
    limits.hit(Limited.API, "key 1", 3)
    with pytest.raises(RateLimitExceeded):
        finish(limits.hit_async(Limited.API, "key 1", 3))

    assert finish(limits.hit_async(Limited.API, "key 1", 2)).remaining == 0
    assert metric("digitrec_rejected_total", by="limit") == before + 1


def test_work_is_limited_to_a_tenth_of_a_second_per_image(limits, setting, work_clock):
    setting("LIMIT_API", "3/minute")
    with pytest.raises(ValueError, match="damaged"), limits.work(Limited.API, "key 1"):
        work_clock.advance(0.25)
        raise ValueError("damaged")
    with limits.work(Limited.API, "key 1"):
        # It was not used up before.
        work_clock.advance(0.25)

    with pytest.raises(RateLimitExceeded, match="Rate limit reached"), limits.work(Limited.API, "key 1"):
        pytest.fail("The work was done.")
    with limits.work(Limited.API, "key 2"), limits.work(Limited.UPLOADS, "key 1"):
        pass
    assert hits(limits, 1, "key 1") == [2]


@pytest.mark.slow
def test_only_long_runs_use_up_processor_time():
    limits = RateLimits()
    for _ in range(20):
        with limits.processor_time("drawings of alice"):
            time.sleep(0.05)
    assert limits.processor_time_left("drawings of alice") == 1

    with pytest.raises(ValueError, match="damaged"), limits.processor_time("drawings of alice"):
        spend(0.15)
        raise ValueError("damaged")

    assert limits.processor_time_left("drawings of alice") == 157 / 160
    assert limits.processor_time_left("drawings of bob") == 1


@pytest.mark.slow
def test_expired_counts_are_deleted_without_a_thread(setting, monkeypatch):
    monkeypatch.setattr("digitrec.server.rate_limits._CLEANUP_SECONDS", 0)
    setting("LIMIT_API", "5/second")
    threads, limits = set(threading.enumerate()), RateLimits()
    hits(limits, 3)
    time.sleep(1.1)
    hits(limits, 1, "key 1")

    assert list(map(len, limits._local.storage.events.values())) == [1]
    assert set(threading.enumerate()) <= threads


def test_invalid_redis_address_is_a_settings_error():
    with pytest.raises(SettingsError, match="REDIS_URL is not the address"):
        RateLimits("http://host")


@pytest.mark.slow
def test_replicas_share_a_limit_and_count_alone_without_redis(setting, patient, monkeypatch):
    setting("LIMIT_API", "4/minute")
    monkeypatch.setattr("digitrec.server.rate_limits._BREAKER_SECONDS", 0.2)
    port = free_port()
    with running_redis(port) as url:
        first, second = RateLimits(url), RateLimits(url)
        assert [hits(first, 1), hits(second, 1), hits(first, 1), hits(second, 2)] == [[3], [2], [1], [0, None]]

    assert hits(first, 5) == [3, 2, 1, 0, None]
    assert hits(second, 1) == [3]

    with running_redis(port):
        while first._redis_breaker.is_open or second._redis_breaker.is_open:
            time.sleep(0.01)
        assert [hits(first, 1), hits(second, 1)] == [[3], [2]]
