"""Lanes: a line with a bound, several served together, nobody left without an answer."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.web.lanes import LaneFullError, SharedLane


def run(told):
    """What a coroutine brings, in a thread of its own: a browser test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, told).result()


def served(serve, items, *, threads=1, together=3):
    """What each item brought, or the error it was told; all of them wait before the first is served."""
    begin = threading.Event()

    async def all_at_once():
        lane = SharedLane("test", serve, threads=threads, together=together)
        for _ in range(threads):
            lane.start(begin.wait)
        waiting = [asyncio.ensure_future(lane.take(item)) for item in items]
        await asyncio.sleep(0)
        begin.set()
        try:
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            lane.close()

    return run(all_at_once())


def test_those_that_wait_are_served_a_few_at_a_time_each_with_its_own_result():
    sizes = []

    def serve(waiting):
        sizes.append(len(waiting))
        for one in waiting:
            one.finish(lambda one=one: one.item * 10)

    assert served(serve, range(10)) == [number * 10 for number in range(10)]
    assert sizes == [3, 3, 3, 1]


def test_no_thread_takes_more_than_its_even_part():
    sizes = []

    def serve(waiting):
        sizes.append(len(waiting))
        for one in waiting:
            one.finish(lambda: None)

    served(serve, range(8), threads=2, together=100)
    assert sum(sizes) == 8
    assert max(sizes) == 4


def test_an_error_of_one_is_told_to_that_one_alone():
    def fails(number):
        if number == 1:
            raise ValueError("one")
        return number

    def serve(waiting):
        for one in waiting:
            one.finish(lambda one=one: fails(one.item))

    results = served(serve, range(3))
    assert isinstance(results[1], ValueError)
    assert [results[0], results[2]] == [0, 2]


def test_what_is_left_open_is_an_error_of_each_and_the_lane_goes_on():
    def serve(waiting):
        if 0 in [one.item for one in waiting]:
            raise OSError("the whole lot")
        if 1 not in [one.item for one in waiting]:
            for one in waiting:
                one.finish(lambda: "served")

    results = served(serve, range(3), together=1)
    assert isinstance(results[0], OSError)
    assert isinstance(results[1], RuntimeError)
    assert results[2] == "served"


def test_a_full_line_and_one_that_is_closed_say_so():
    go_on = threading.Event()

    def serve(waiting):
        go_on.wait(10)
        for one in waiting:
            one.finish(lambda: "served")

    async def three():
        lane = SharedLane("test", serve, threads=1, together=1, most=2)
        first, second = (asyncio.ensure_future(lane.take(number)) for number in range(2))
        await asyncio.sleep(0.05)
        with pytest.raises(LaneFullError, match="try again"):
            await lane.take(3)
        closing = asyncio.get_running_loop().run_in_executor(None, lane.close)
        await asyncio.sleep(0.05)
        go_on.set()
        await closing
        return await asyncio.gather(first, second, return_exceptions=True), lane.waiting

    (first, second), waiting = run(three())
    assert first == "served"
    assert isinstance(second, asyncio.CancelledError)
    assert waiting == 0


def test_who_has_gone_is_not_served():
    go_on = threading.Event()
    met = []

    def serve(waiting):
        go_on.wait(10)
        for one in waiting:
            met.append(one.item)
            one.finish(lambda: None)

    async def leave():
        lane = SharedLane("test", serve, threads=1, together=1)
        stays, goes = (asyncio.ensure_future(lane.take(number)) for number in range(2))
        await asyncio.sleep(0.05)
        goes.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await stays
        lane.close()

    run(leave())
    assert met == [0]
