import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitrec.web.draw.turns import Turns

LONG = 60.0


def test_only_so_many_go_on_at_once_and_all_of_them_in_the_end():
    turns, at_work, most, lock = Turns(2, LONG), 0, 0, threading.Lock()

    @turns.turn()
    def run(number):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        threading.Event().wait(0.01)
        with lock:
            at_work -= 1
        return number

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(run, range(20))) == list(range(20))
    assert most == 2


def test_a_run_that_is_broken_off_leaves_its_turn_to_others():
    turns = Turns(1, LONG)
    with pytest.raises(SystemExit), turns.turn():
        raise SystemExit
    assert turns._free.acquire(blocking=False)


def test_who_has_waited_long_goes_on_and_leaves_no_turn_that_it_never_had():
    turns, inside = Turns(1, 0.05), []
    with turns.turn():
        with turns.turn():
            inside.append("at last")
        assert inside
        assert not turns._free.acquire(blocking=False)
