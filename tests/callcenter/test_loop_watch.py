"""How late the event loop is, for operators."""

import pytest

from callcenter.loop_watch import WINDOW, LoopWatch


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
