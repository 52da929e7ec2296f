"""The clock starts a sweep when it would find something, and only then."""

from collections.abc import Iterator

import pytest
from celery.schedules import maybe_schedule
from celery.signals import before_task_publish
from django.db import OperationalError

from callcenter import beat
from callcenter.beat import Scheduler, only_when
from callcenter.celery import app

NOW = 0.0  # seconds: due at each look


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The names of the tasks that leave for the broker."""
    sent: list[str] = []

    def note(sender: str, **_: object) -> None:
        sent.append(sender)

    before_task_publish.connect(note)
    yield sent
    before_task_publish.disconnect(note)


class Work:
    """What a sweep may find."""

    def __init__(self) -> None:
        self.is_there = False
        self.asked = 0

    def check(self) -> bool:
        self.asked += 1
        return self.is_there


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    monkeypatch.setattr(beat, "_checks", {})

    @only_when(work.check)
    def look() -> None: ...

    assert list(beat._checks) == [f"{__name__}.{look.__name__}"]
    return work


@pytest.fixture
def clock(work: Work) -> Scheduler:
    """A clock with one entry."""
    clock = Scheduler(app, lazy=True, max_interval=1)
    entry = clock.Entry(
        name="look",
        task=f"{__name__}.look",
        schedule=NOW,
        options={"queue": "nobody"},
        app=app,
    )
    clock.data = {"look": entry}
    return clock


def test_a_sweep_that_would_find_nothing_is_not_started(clock, work, sent):
    clock.tick()
    clock.tick()
    assert sent == []
    assert work.asked == 2


def test_a_sweep_starts_at_the_first_look_after_there_is_work(clock, work, sent):
    clock.tick()
    work.is_there = True
    clock.tick()
    assert sent == [f"{__name__}.look"]


def test_a_check_that_fails_leaves_it_to_the_sweep(clock, work, sent, caplog):
    def away() -> bool:
        raise OperationalError("the server closed the connection")

    beat._checks[f"{__name__}.look"] = away
    clock.tick()
    assert sent == [f"{__name__}.look"]
    assert "OperationalError" in caplog.text


def test_a_task_without_a_check_always_starts(clock, sent):
    beat._checks.clear()
    clock.tick()
    assert sent == [f"{__name__}.look"]


def test_before_its_time_nothing_is_asked(clock, work):
    clock.data["look"].schedule = maybe_schedule(60)
    assert clock.tick() == clock.max_interval == 1
    clock.tick()
    assert work.asked == 0


def test_celery_uses_this_clock():
    assert app.conf.beat_scheduler == "callcenter.beat.Scheduler"
