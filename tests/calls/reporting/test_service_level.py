"""The service level and the abandoned: one rule, and the sums of the log."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Queue
from calls.reporting import figures
from calls.reporting.service_level import Service, services
from calls.states import Status
from tests.calls.board.floor import call, ended, seconds_ago
from tests.cast import Cast

HOUR = timedelta(hours=1)


def hour(cast: Cast) -> Service:
    now = timezone.now()
    [found] = services([now - HOUR], now)
    return found.get(cast.queue.pk, Service())


def change(queue: Queue, **fields: Any) -> None:
    Queue.objects.filter(pk=queue.pk).update(**fields)


def test_it_is_the_share_of_those_who_are_answered_in_time(cast: Cast):
    """The example of the handbook: 100 offered, 60 of 95 within 20 s."""
    for _ in range(6):
        ended(cast, "answered", 19)
    for wait in (21, 60):
        ended(cast, "answered", wait)
    ended(cast, "abandoned", 4)  # at once: against nobody
    ended(cast, "abandoned", 12)
    ended(cast, "timeout", 90)
    found = hour(cast)
    assert (found.in_time, found.counted) == (6, 10)
    assert found.level == 0.6
    assert (found.gave_up, found.expected) == (1, 10)
    assert found.abandon_rate == 0.1


@pytest.mark.parametrize(("wait", "counts"), [(20, 1), (20.5, 0)])
def test_the_queue_says_within_which_time(cast: Cast, wait: float, counts: int):
    ended(cast, "answered", wait)
    assert hour(cast).in_time == counts
    change(cast.queue, service_seconds=10)
    assert hour(cast).in_time == 0
    change(cast.queue, service_seconds=30)
    assert hour(cast).in_time == 1


@pytest.mark.parametrize(("wait", "short"), [(5, 1), (5.5, 0)])
def test_who_hangs_up_at_once_does_not_count(cast: Cast, wait: float, short: int):
    ended(cast, "abandoned", wait)
    assert hour(cast).short == short
    assert hour(cast).counted == 1 - short


def test_who_still_has_time_does_not_count_yet_and_who_has_none_does(cast: Cast):
    ended(cast, "answered", 3)
    waiting = call(cast, Status.WAITING, created_at=seconds_ago(5))
    assert hour(cast).level == 1
    type(waiting).objects.filter(pk=waiting.pk).update(created_at=seconds_ago(25))
    assert hour(cast).level == 0.5


def test_outside_business_hours_nobody_promised_anything(cast: Cast):
    ended(cast, "answered", 3)
    ended(cast, "after_hours", 10, queue=None)
    now = timezone.now()
    [found] = services([now - HOUR], now)
    assert found[cast.queue.pk].level == 1
    assert (found[None].offered, found[None].counted) == (1, 0)
    assert found[None].level is None


def test_the_counts_are_those_of_the_log(cast: Cast):
    for number, result in enumerate(figures.INBOUND):
        if result != "waiting":
            ended(cast, result, number, ago=300)
    call(cast, Status.RINGING)
    ended(cast, "answered", 3, ago=2 * 3600)  # not in this hour
    call(cast, Status.ACTIVE, direction="outbound", agent=cast.ana)
    call(cast, Status.WAITING, is_canary=True)
    call(cast, Status.WAITING, direction="")
    now = timezone.now()
    [found] = services([now - HOUR], now)
    sums, log = sum(found.values(), start=Service()), figures.tally(now - HOUR, now)
    for name in ("offered", "answered", "abandoned", "after_hours"):
        assert getattr(sums, name) == getattr(log, name)


def test_two_intervals_take_one_statement(cast: Cast, django_assert_num_queries):
    ended(cast, "answered", 3, ago=30 * 60)
    ended(cast, "answered", 3, ago=90 * 60)
    now = timezone.now()
    with django_assert_num_queries(1):
        last, both = services([now - HOUR, now - 2 * HOUR], now)
    assert (last[cast.queue.pk].offered, both[cast.queue.pk].offered) == (1, 2)
