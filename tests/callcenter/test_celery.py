"""Waking tasks: nobody waits for the broker, and what it does not take is dropped."""

import threading

import pytest

from callcenter import celery
from callcenter.celery import Waker
from tests.servers import wait_for


class Broker:
    """Takes tasks, or holds whoever sends one until it is let go."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.takes = True
        self.answers = threading.Event()

    def send(self, task: str, *_: object) -> bool:
        self.answers.wait(30)
        if self.takes:
            self.taken.append(task)
        return self.takes


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(celery, "send", broker.send)
    return broker


def test_who_wakes_a_task_does_not_wait_for_a_broker_that_hangs(broker: Broker):
    waker = Waker()
    for number in range(celery.MOST_UNSENT + 50):
        waker.wake(f"task {number}", ())
    assert broker.taken == []
    broker.answers.set()
    wait_for(lambda: len(broker.taken) >= celery.MOST_UNSENT, "the tasks")
    assert broker.taken[:2] == ["task 0", "task 1"]
    assert len(broker.taken) <= celery.MOST_UNSENT + 1


def test_what_waits_for_a_broker_that_is_gone_is_left_to_the_sweeps(broker: Broker):
    waker = Waker()
    broker.takes = False
    for number in range(10):
        waker.wake(f"task {number}", ())
    broker.answers.set()
    wait_for(waker._unsent.empty, "the queue to be dropped")
    broker.takes = True

    def next_one_arrives() -> bool:
        waker.wake("the next", ())
        return "the next" in broker.taken

    wait_for(next_one_arrives, "the next task")
    assert set(broker.taken) == {"the next"}
