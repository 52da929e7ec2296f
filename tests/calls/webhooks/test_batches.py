"""The thread behind the intake and the inbox outlives whatever goes wrong in it."""

import threading

import pytest
from django.db import InterfaceError

from calls.webhooks import batches
from calls.webhooks.batches import Batches


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "IDLE_AFTER", 0.01)


def test_a_thread_whose_idle_work_fails_goes_on_working():
    is_idle = threading.Event()

    def fail() -> None:
        is_idle.set()
        raise InterfaceError("the connection was cut")

    lane: Batches[int, int] = Batches("lane", lambda items: items, room=9, idle=fail)
    for number in range(3):
        assert lane.submit(number).result(10) == number
        assert is_idle.wait(10)
        is_idle.clear()


def test_work_that_fails_is_told_to_who_asked():
    def refuse(items: list[int]) -> list[int]:
        raise ValueError("no")

    lane: Batches[int, int] = Batches("lane", refuse, room=9)
    for number in range(2):
        with pytest.raises(ValueError, match="no"):
            lane.submit(number).result(10)
