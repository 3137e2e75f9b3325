import time

import pytest

from digitrec.errors import RateLimitExceeded, SettingsError
from digitrec.server.rate_limits import Limited, RateLimits
from tests.support.app import free_port
from tests.support.redis_server import running_redis


@pytest.fixture(params=["memory", "redis"])
def limits(request):
    if request.param == "memory":
        yield RateLimits()
        return
    with running_redis(free_port()) as url:
        yield RateLimits(url)


def hits(limits, count, who="address 1.2.3.4", what=Limited.API):
    """What came of so many hits: what is left after each, or None."""
    found = []
    for _ in range(count):
        try:
            found.append(limits.hit(what, who).remaining)
        except RateLimitExceeded:
            found.append(None)
    return found


def test_each_has_a_limit_for_each_thing(limits, setting):
    setting("LIMIT_API", "3/minute")
    setting("LIMIT_UPLOADS", "1/minute")

    assert hits(limits, 5) == [2, 1, 0, None, None]
    assert hits(limits, 2, "key 1") == [2, 1]
    assert hits(limits, 2, what=Limited.UPLOADS) == [0, None]


def test_wait_that_is_told_is_enough(limits, setting):
    setting("LIMIT_API", "2/2 seconds")
    hits(limits, 2)
    with pytest.raises(RateLimitExceeded) as caught:
        limits.hit(Limited.API, "address 1.2.3.4")

    assert 1 <= caught.value.seconds <= 2
    time.sleep(caught.value.seconds)
    assert hits(limits, 1) != [None]


def test_what_is_too_much_at_once_does_not_count(limits, setting):
    setting("LIMIT_API", "5/minute")
    limits.hit(Limited.API, "key 1", 3)
    with pytest.raises(RateLimitExceeded):
        limits.hit(Limited.API, "key 1", 3)

    assert limits.hit(Limited.API, "key 1", 2).remaining == 0


def test_address_of_no_redis_is_said_in_a_sentence():
    with pytest.raises(SettingsError, match="REDIS_URL is not the address"):
        RateLimits("http://host")


def test_replicas_share_a_limit_and_go_on_alone_while_redis_is_away(setting, monkeypatch):
    setting("LIMIT_API", "4/minute")
    monkeypatch.setattr("digitrec.server.rate_limits._BREAKER_SECONDS", 0.2)
    port = free_port()
    with running_redis(port) as url:
        one, another = RateLimits(url), RateLimits(url)
        assert [hits(one, 1), hits(another, 1), hits(one, 1), hits(another, 2)] == [[3], [2], [1], [0, None]]

    assert hits(one, 5) == [3, 2, 1, 0, None]
    assert hits(another, 1) == [3]

    with running_redis(port):
        time.sleep(0.3)
        assert [hits(one, 1), hits(another, 1)] == [[3], [2]]
