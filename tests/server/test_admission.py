import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitrec.errors import Busy
from digitrec.server.admission import ReadingQueue
from digitrec.server.logging import request_id
from tests.support.client import finish

CALLERS = 40


@pytest.fixture(params=["threads", "tasks"])
def read_all(request):
    """Hands many pieces of work in at once, as pages or as the API does; what came of each."""

    def by_threads(queue, works):
        def read(work):
            try:
                return queue.read(work)
            except Exception as error:
                return error

        with ThreadPoolExecutor(len(works)) as threads:
            return list(threads.map(read, works))

    def by_tasks(queue, works):
        async def read():
            return await asyncio.gather(*map(queue.read_async, works), return_exceptions=True)

        return finish(read())

    return by_threads if request.param == "threads" else by_tasks


def test_as_many_are_read_at_once_as_may_be_and_each_gets_its_own(read_all):
    at_work, most, lock = 0, 0, threading.Lock()

    def work(number):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        with lock:
            at_work -= 1
        return number

    found = read_all(ReadingQueue(CALLERS, 2), [lambda number=number: work(number) for number in range(CALLERS)])

    assert found == list(range(CALLERS))
    assert most == 2


def test_who_finds_no_room_is_put_off_at_once_and_the_others_are_read(read_all):
    go_on = threading.Event()
    threading.Timer(0.5, go_on.set).start()

    found = read_all(ReadingQueue(5, 2), [lambda: go_on.wait(10)] * CALLERS)

    assert found.count(True) == 7
    assert sum(isinstance(one, Busy) for one in found) == CALLERS - 7


def test_nobody_waits_past_the_deadline_and_there_is_room_again(read_all):
    go_on = threading.Event()
    threading.Timer(1, go_on.set).start()
    queue = ReadingQueue(5, 2, deadline_seconds=0.2)

    found = read_all(queue, [lambda: go_on.wait(10)] * 7)

    assert found.count(True) == 2
    assert sum(isinstance(one, Busy) and one.seconds > 0 for one in found) == 5
    assert read_all(queue, [lambda: "read"] * 7) == ["read"] * 7


def test_who_goes_away_while_waiting_leaves_room_and_a_turn_is_never_lost():
    queue = ReadingQueue(5, 1)

    async def come_and_go():
        go_on = threading.Event()
        first = asyncio.create_task(queue.read_async(lambda: go_on.wait(10)))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(queue.read_async(lambda: "read")) for _ in range(5)]
        await asyncio.sleep(0.05)
        for other in others[:4]:
            other.cancel()
        await asyncio.gather(*others[:4], return_exceptions=True)
        more = [asyncio.create_task(queue.read_async(lambda: "read")) for _ in range(4)]
        await asyncio.sleep(0.05)
        go_on.set()
        return await asyncio.gather(first, others[4], *more)

    assert finish(come_and_go()) == [True, *["read"] * 5]
    assert queue.read(lambda: "read") == "read"


def test_pages_go_before_what_waits_without_a_thread():
    queue, order = ReadingQueue(10, 1), []

    async def crowd():
        go_on = threading.Event()
        first = asyncio.create_task(queue.read_async(lambda: go_on.wait(10)))
        await asyncio.sleep(0.05)
        programs = [asyncio.create_task(queue.read_async(lambda: order.append("program"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        page = asyncio.create_task(asyncio.to_thread(queue.read, lambda: order.append("page")))
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.gather(first, page, *programs)

    finish(crowd())

    assert order == ["page", "program", "program", "program"]


def test_what_fails_fails_for_its_own_caller(read_all):
    def fail():
        raise ValueError("mine")

    found = read_all(ReadingQueue(5, 2), [fail, lambda: "read"])

    assert isinstance(found[0], ValueError)
    assert found[1] == "read"


def test_work_belongs_to_the_request_it_came_from():
    def work():
        return request_id.get()

    request_id.set("mine")

    assert ReadingQueue(5).read(work) == "mine"
    assert finish(ReadingQueue(5).read_async(work)) == "mine"
