import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import pytest
from limits import parse

from digitrec.errors import Busy
from digitrec.prediction import InputMethod
from digitrec.server.admission import Admission
from digitrec.server.logging import request_id
from digitrec.server.rate_limits import RateLimits
from tests.server.test_rate_limits import spend
from tests.support.client import finish
from tests.support.metrics import metric
from tests.support.pictures import drawing_png

CALLERS = 40
BUSY = "busy"
STRANGERS = map("caller {}".format, count())


def new_admission(queue=CALLERS, slots=2, deadline_seconds=60.0):
    admission = Admission(RateLimits(), queue, slots)
    for line in (*admission._lines, admission._lifted):
        line.deadline_seconds = deadline_seconds
    return admission


def run_as_page(admission, work, caller=None, charged=None, **options):
    caller = caller or next(STRANGERS)
    with admission.page_run(caller, charged or f"views of {caller}", **options) as is_admitted:
        return work() if is_admitted else BUSY


def run_image(admission, work):
    return admission.run(work, next(STRANGERS))


def run_pages(admission, works):
    def run(work):
        try:
            return run_as_page(admission, work)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def run_api_requests(admission, works):
    async def run():
        results = await asyncio.gather(*(run_image(admission, work) for work in works), return_exceptions=True)
        return [BUSY if isinstance(result, Busy) else result for result in results]

    return finish(run())


@pytest.fixture(params=[run_pages, run_api_requests], ids=["pages", "api"])
def run_all(request):
    """Run many pieces of work at once, as pages or as API requests, and return the outcome of each."""
    return request.param


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


def waiting(admission):
    # A request that gets a slot at once waits for an instant.
    with admission._lock:
        return sum(len(line.waiting) for line in admission._lines)


def rejected(by):
    return metric("digitrec_rejected_total", by=by)


class Crowd:
    """Work that counts how much of it runs at once, and does not end before it is released."""

    def __init__(self):
        self.running = self.most = 0
        self.released = threading.Event()
        self._lock = threading.Lock()

    def work(self, result=True):
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.released.wait(20)
        with self._lock:
            self.running -= 1
        return result

    def release_when(self, condition):
        def release():
            finish(until(condition))
            self.released.set()

        threading.Thread(target=release).start()


def test_each_caller_gets_its_own_result(run_all):
    crowd, admission = Crowd(), new_admission()
    crowd.release_when(lambda: (crowd.running, waiting(admission)) == (2, CALLERS - 2))

    results = run_all(admission, [lambda number=number: crowd.work(number) for number in range(CALLERS)])

    assert results == list(range(CALLERS))
    assert crowd.most == 2


@pytest.mark.parametrize(("run", "most"), [(run_pages, 2), (run_api_requests, 4)], ids=["pages", "api"])
def test_api_uses_every_slot_but_pages_only_two(run, most):
    crowd, admission = Crowd(), new_admission(slots=4)
    crowd.release_when(lambda: (crowd.running, waiting(admission)) == (most, 8 - most))

    assert run(admission, [crowd.work] * 8) == [True] * 8
    assert crowd.most == most


def test_api_is_busy_at_once_when_the_queue_is_full():
    crowd, before = Crowd(), rejected("queue")
    crowd.release_when(lambda: rejected("queue") == before + CALLERS - 7)

    results = run_api_requests(new_admission(queue=5), [crowd.work] * CALLERS)

    assert (results.count(True), results.count(BUSY)) == (7, CALLERS - 7)


def test_deadline_ends_the_wait_and_frees_the_queue(run_all):
    crowd, before, admission = Crowd(), rejected("deadline"), new_admission(queue=5, deadline_seconds=0.2)
    crowd.release_when(lambda: rejected("deadline") == before + 5)

    results = run_all(admission, [crowd.work] * 7)

    assert (results.count(True), results.count(BUSY)) == (2, 5)
    assert run_all(admission, [lambda: "done"] * 2) == ["done"] * 2
    assert waiting(admission) == 0


def test_busy_error_says_when_to_retry():
    crowd, admission = Crowd(), new_admission(queue=0, slots=1)

    async def run():
        first = asyncio.create_task(run_image(admission, crowd.work))
        await until(lambda: crowd.running)
        with pytest.raises(Busy, match="The server is busy") as caught:
            await run_image(admission, crowd.work)
        crowd.released.set()
        await first
        return caught.value.seconds

    assert finish(run()) > 0


def test_canceled_requests_free_the_queue_and_their_slots():
    crowd, admission = Crowd(), new_admission(queue=5, slots=1)

    async def come_and_go():
        first = asyncio.create_task(run_image(admission, crowd.work))
        await until(lambda: crowd.running)
        others = [asyncio.create_task(run_image(admission, lambda: "done")) for _ in range(5)]
        await until(lambda: waiting(admission) == 5)
        for other in others[:4]:
            other.cancel()
        await asyncio.gather(*others[:4], return_exceptions=True)
        more = [asyncio.create_task(run_image(admission, lambda: "done")) for _ in range(4)]
        await until(lambda: waiting(admission) == 5)
        crowd.released.set()
        return await asyncio.gather(first, others[4], *more)

    assert finish(come_and_go()) == [True, *["done"] * 5]
    assert run_as_page(admission, lambda: "done") == "done"


def test_pages_and_api_requests_alternate():
    crowd, admission, order = Crowd(), new_admission(slots=1), []

    async def run():
        first = asyncio.create_task(run_image(admission, crowd.work))
        await until(lambda: crowd.running)
        tasks = [asyncio.create_task(run_image(admission, lambda: order.append("api"))) for _ in range(3)]
        pages = [asyncio.to_thread(run_as_page, admission, lambda: order.append("page")) for _ in range(2)]
        tasks += map(asyncio.create_task, pages)
        await until(lambda: waiting(admission) == 5)
        crowd.released.set()
        await asyncio.gather(first, *tasks)

    finish(run())

    assert order == ["page", "api", "page", "api", "api"]


@pytest.mark.parametrize("slots", [2, 4])
def test_images_of_one_caller_take_one_slot_at_a_time(slots):
    crowd, admission = Crowd(), new_admission(slots=slots)

    async def run():
        images = [asyncio.create_task(admission.run(crowd.work, "mallory")) for _ in range(3)]
        images += [asyncio.create_task(asyncio.to_thread(run_as_page, admission, crowd.work, "mallory"))]
        await until(lambda: (crowd.running, waiting(admission)) == (1, 3))
        others = [
            await admission.run(lambda: "api", "alice"),
            await asyncio.to_thread(run_as_page, admission, lambda: "image", "bob"),
            await asyncio.to_thread(run_as_page, admission, lambda: "drawing"),
        ]
        assert crowd.most == 1
        crowd.released.set()
        return others, await asyncio.gather(*images)

    assert finish(run()) == (["api", "image", "drawing"], [True] * 4)
    assert crowd.most == 1


def test_images_of_one_caller_leave_half_of_the_queue_to_others():
    crowd, admission = Crowd(), new_admission(queue=6)

    async def run():
        tasks = [asyncio.create_task(admission.run(crowd.work, "mallory")) for _ in range(4)]
        tasks += [asyncio.create_task(admission.run(crowd.work, "alice"))]
        await until(lambda: waiting(admission) == 3)
        with pytest.raises(Busy):
            await admission.run(crowd.work, "mallory")
        tasks += [asyncio.create_task(admission.run(crowd.work, "bob"))]
        await until(lambda: waiting(admission) == 4)
        crowd.released.set()
        return await asyncio.gather(*tasks)

    assert finish(run()) == [True] * 6


def test_caller_with_slow_drawings_has_one_slot():
    crowd, admission = Crowd(), new_admission(slots=3)

    async def run(caller, charged):
        start = partial(asyncio.to_thread, run_as_page, admission, crowd.work, caller, charged, is_cheap=True)
        runs = [asyncio.create_task(start()) for _ in range(2)]
        await until(lambda: crowd.running + waiting(admission) == 2)
        running = crowd.running
        other = await asyncio.to_thread(run_as_page, admission, lambda: "done") if running == 1 else None
        crowd.released.set()
        await asyncio.gather(*runs)
        crowd.released.clear()
        return running, other

    assert finish(run("mallory", "drawings of mallory")) == (2, None)
    run_as_page(admission, spend, "mallory", "drawings of mallory")
    assert finish(run("mallory", "drawings of mallory")) == (1, "done")
    assert finish(run("alice", "drawings of alice")) == (2, None)


@pytest.mark.parametrize(
    ("waiting_callers", "took_long", "takes_long", "served"),
    [
        ("mab", "m", "", "abm"),
        ("mmmab", "", "", "mabmm"),
        ("mmmaa", "", "m", "maamm"),
    ],
    ids=[
        "whose runs were slow comes last",
        "is served round-robin with the others",
        "whose run takes long comes last afterward",
    ],
)
def test_order_of_waiting_callers_is_fair(waiting_callers, took_long, takes_long, served):
    crowd, order, admission = Crowd(), [], new_admission(slots=1)
    if took_long:
        run_as_page(admission, spend, took_long, f"views of {took_long}")

    def work(caller):
        order.append(caller)
        if caller == takes_long:
            spend()

    async def run():
        def visit(caller):
            visited = partial(work, caller)
            return asyncio.create_task(asyncio.to_thread(run_as_page, admission, visited, caller, f"views of {caller}"))

        runs = [asyncio.create_task(asyncio.to_thread(run_as_page, admission, crowd.work))]
        await until(lambda: crowd.running == 1)
        for position, caller in enumerate(waiting_callers, 1):
            runs.append(visit(caller))
            await until(lambda: waiting(admission) == position)  # noqa: B023
        crowd.released.set()
        await asyncio.gather(*runs)

    finish(run())
    assert "".join(order) == served


def preview(admission, work, caller="alice", *, is_lifted=True):
    return admission.preview(work, "session", f"previews of {caller}", is_lifted=is_lifted)


def test_preview_of_a_lifted_pen_goes_first():
    page, lifted, admission = Crowd(), Crowd(), new_admission(slots=1)

    async def run():
        def visit(work):
            return asyncio.create_task(asyncio.to_thread(run_as_page, admission, work))

        pages = [visit(page.work)]
        await until(lambda: page.running)
        # The only slot is taken.
        with pytest.raises(Busy):
            await preview(admission, lambda: "done", is_lifted=False)
        assert await preview(admission, lambda: "done") == "done"
        previews = [asyncio.create_task(preview(admission, work)) for work in (lifted.work, lambda: waiting(admission))]
        await until(lambda: lifted.running)
        pages.append(visit(lambda: "done"))
        await until(lambda: waiting(admission) == 1)
        page.released.set()
        await pages[0]
        # The slot is free now, but two people wait for their final results.
        lifted.released.set()
        return await asyncio.gather(*previews), await pages[1]

    assert finish(run()) == ([True, 1], "done")


def test_lifted_pen_of_a_caller_with_slow_previews_does_not_go_first():
    crowd, admission = Crowd(), new_admission(slots=1, deadline_seconds=0.1)

    async def run():
        await preview(admission, spend, "mallory")
        page = asyncio.create_task(asyncio.to_thread(run_as_page, admission, crowd.work))
        await until(lambda: crowd.running)
        with pytest.raises(Busy):
            await preview(admission, lambda: "done", "mallory")
        assert await preview(admission, lambda: "done", "alice") == "done"
        crowd.released.set()
        await page

    finish(run())


def test_caller_who_used_up_the_processor_time_gets_no_previews(monkeypatch):
    monkeypatch.setattr("digitrec.server.rate_limits._PROCESSOR_LIMIT", parse("2/minute"))
    admission = new_admission()

    def slow_preview(caller):
        return finish(preview(admission, lambda: spend() or "done", caller))

    for _ in range(2):
        assert slow_preview("mallory") == "done"

    with pytest.raises(Busy):
        slow_preview("mallory")
    assert slow_preview("alice") == "done"
    assert run_as_page(admission, lambda: "done", charged="drawings of mallory") == "done"


def test_class_behind_one_address_draws_as_much_as_it_likes(recognizer):
    admission = new_admission()
    drawings = [drawing_png(digit) for digit in range(10)]

    def draw():
        recognize = partial(recognizer.recognize, input_method=InputMethod.CANVAS)
        return [
            run_as_page(admission, partial(recognize, drawing), "school", "drawings of school", is_cheap=True).label
            for drawing in drawings
        ]

    with ThreadPoolExecutor(30) as people:
        results = [person.result() for person in [people.submit(draw) for _ in range(30)]]

    assert results == [list("0123456789")] * 30
    assert admission.limits.processor_time_left("drawings of school") > 0.9


def test_failure_reaches_its_own_caller_and_frees_the_slot(run_all):
    def fail():
        raise ValueError("mine")

    failed, *others = run_all(new_admission(slots=1), [fail, *[lambda: "done"] * 3])

    assert isinstance(failed, ValueError)
    assert others == ["done"] * 3


def test_part_of_a_page_shares_the_slot_of_its_page():
    admission = new_admission(slots=1)

    def page():
        return run_as_page(admission, lambda: "part", "alice"), run_as_page(admission, lambda: "part", "alice")

    assert run_as_page(admission, page, "alice") == ("part", "part")
    assert run_as_page(admission, page, "alice") == ("part", "part")


def test_stopped_page_run_frees_its_slot():
    admission = new_admission(slots=1)
    with pytest.raises(SystemExit), admission.page_run("alice", "views of alice"):
        raise SystemExit

    assert run_as_page(admission, lambda: "done") == "done"
    assert metric("digitrec_queue_length") == 0


def test_work_sees_the_context_of_its_request():
    token = request_id.set("mine")
    try:
        assert finish(run_image(new_admission(), request_id.get)) == "mine"
        assert run_as_page(new_admission(), request_id.get) == "mine"
    finally:
        request_id.reset(token)
