"""A process that was stopped lets no audio pass before it knows whose the calls are."""

import pytest

from calls.media.standstill import LONGEST, Standstill


class Watch:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def shut() -> list[int]:
    return []


@pytest.fixture
def standstill(clock: Watch, shut: list[int]) -> Standstill:
    standstill = Standstill()
    standstill.begin(clock, lambda: shut.append(1))
    return standstill


def test_a_busy_loop_is_none(standstill: Standstill, clock: Watch, shut: list[int]):
    for _ in range(100):
        clock.at += LONGEST
        assert not standstill.look()
    assert shut == []


def test_the_first_look_after_one_shuts_and_tells_once(
    standstill: Standstill, clock: Watch, shut: list[int]
):
    clock.at += 20
    assert standstill.look()
    assert standstill.seconds == 20
    for _ in range(100):
        clock.at += 0.02
        assert standstill.look()
    assert shut == [1]
    standstill.reopen()
    assert not standstill.look()


def test_without_a_node_there_is_none(clock: Watch):
    standstill = Standstill()
    clock.at += 3600
    assert not standstill.look()
    standstill.begin(clock, lambda: None)
    clock.at += 3600
    standstill.end()
    assert not standstill.look()
