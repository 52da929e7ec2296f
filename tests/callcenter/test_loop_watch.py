"""How late the event loop is, for operators."""

import asyncio
import time

import pytest

from callcenter.loop_watch import LATELY, WINDOW, LoopWatch


@pytest.fixture
def watch() -> LoopWatch:
    return LoopWatch()


def test_one_late_tick_of_a_hundred_is_the_worst_and_not_the_p99(watch):
    for late in [0.5] + [0.001] * 98:
        watch.note(late)
    assert (watch.worst, watch.p99) == (0.5, 0.001)


def test_two_of_a_hundred_are_both(watch):
    for late in [0.5, 0.4] + [0.001] * 97:
        watch.note(late)
    assert (watch.worst, watch.p99) == (0.5, 0.4)


def test_what_was_a_minute_ago_is_forgotten(watch):
    watch.note(0.5)
    for _ in range(WINDOW):
        watch.note(0.001)
    assert (watch.worst, watch.p99) == (0.001, 0.001)


def test_what_everybody_hears_is_worth_a_line(watch, caplog):
    watch.note(0.1)
    assert not caplog.messages
    watch.note(0.6)
    assert caplog.messages == ["the event loop was blocked for 0.6 s"]


def test_what_was_three_seconds_ago_was_not_lately(watch):
    watch.note(4.0)
    assert watch.lately == 4.0
    for _ in range(LATELY):
        watch.note(0.001)
    assert watch.lately == 0.001


async def blocks_the_loop_for(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251  # that is the bug


def test_what_blocks_the_loop_is_named_while_it_does(watch, caplog):
    seen = []

    async def run() -> None:
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(0.1)
        assert watch.lately < 1
        await blocks_the_loop_for(1.6)
        seen.append(watch.lately)
        task.cancel()

    asyncio.run(run())
    assert seen[0] > 1.5
    told = [text for text in caplog.messages if "blocks_the_loop_for" in text]
    assert len(told) == 1
    assert "1.6" not in told[0]  # no values, which may be anybody's number
    assert watch.blocked == 0
