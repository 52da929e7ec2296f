"""The charts of the day, from the same rows as the log and the agents' activity."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentStateSpan, Queue
from callcenter.canary import rows as canary
from calls.board import day
from calls.reporting import figures
from calls.states import Status
from tests.calls.board.floor import call, ended
from tests.cast import Cast, hire

NINE = timezone.now().replace(hour=9, minute=7, second=0, microsecond=0)


def span(agent: Agent, state: str, start: int, end: int | None) -> None:
    """From and until minutes after midnight."""
    midnight = NINE.replace(hour=0, minute=0)
    AgentStateSpan.objects.create(
        agent=agent,
        state=state,
        started_at=midnight + timedelta(minutes=start),
        ended_at=None if end is None else midnight + timedelta(minutes=end),
    )


def read(charts: day.Day, now: datetime) -> dict[str, Any]:
    return charts.read(now).shown(None)


def whole(charts: day.Day, now: datetime) -> dict[str, Any]:
    found = read(charts, now)
    while not charts.is_whole(now):
        found = read(charts, now)
    return found


def counts(found: dict[str, Any], quarter: int, queue: int) -> dict[str, int]:
    for at, of, *numbers in found["agents"]:
        if (at, of) == (quarter, queue):
            states = zip(found["states"], numbers, strict=True)
            return {state: number for state, number in states if number}
    return {}


def test_calls_stand_in_the_quarter_in_which_they_were_offered(cast: Cast):
    for minute, result in ((0, "answered"), (14, "abandoned"), (15, "timeout")):
        at = NINE.replace(hour=8, minute=minute)
        ended(cast, result, 3, created_at=at, answered_at=None, ended_at=at)
    at = NINE.replace(hour=8, minute=59)
    ended(cast, "after_hours", 3, created_at=at, ended_at=at, queue=None)
    call(cast, Status.WAITING, created_at=NINE.replace(minute=1))
    found = read(day.Day(), NINE)
    mine = cast.queue.pk
    assert found["calls"] == sorted(
        [
            [32, mine, 2, 1, 1],
            [33, mine, 1, 0, 0],
            [35, day.ALL, 1, 0, 0],
            [36, mine, 1, 0, 0],
        ]
    )


def test_the_chart_adds_up_to_the_log(cast: Cast):
    for number, result in enumerate(figures.INBOUND):
        at = NINE - timedelta(minutes=17 * number)
        if result != "waiting":
            ended(cast, result, 3, created_at=at, answered_at=None, ended_at=at)
    call(cast, Status.ACTIVE, direction="outbound", agent=cast.ana, created_at=NINE)
    call(cast, Status.WAITING, created_at=NINE, is_canary=True)
    found = read(day.Day(), NINE)
    midnight = NINE.replace(hour=0, minute=0)
    log = figures.tally(midnight, NINE + timedelta(seconds=1))
    sums = [sum(row[column] for row in found["calls"]) for column in (2, 3, 4)]
    assert sums == [log.offered, log.answered, log.abandoned]


def test_agents_are_counted_by_their_state_when_a_quarter_begins(cast: Cast):
    sales = Queue.objects.create(name="Sales")
    sales.membership_set.create(agent=cast.ana)
    span(cast.ana, "available", 7, 20)
    span(cast.ana, "in_call", 20, 45)  # the end does not belong to it
    span(cast.ana, "available", 45, None)
    span(cast.bruno, "on_break", 16, 29)  # between two quarters
    found = whole(day.Day(), NINE)
    mine = cast.queue.pk
    assert [counts(found, quarter, day.ALL) for quarter in range(5)] == [
        {},
        {"available": 1},
        {"in_call": 1},
        {"available": 1},
        {"available": 1},
    ]
    assert counts(found, 36, day.ALL) == {"available": 1}  # once, though in two queues
    assert counts(found, 36, mine) == counts(found, 36, sales.pk) == {"available": 1}
    assert max(quarter for quarter, *_ in found["agents"]) == 36


def test_what_has_been_read_is_not_read_again(cast: Cast):
    span(cast.ana, "available", 7, None)
    charts = day.Day()
    whole(charts, NINE)
    with CaptureQueriesContext(connection) as queries:
        charts.read(NINE)
    assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        later = read(charts, NINE + timedelta(minutes=15))
    assert len(queries) == 3
    assert counts(later, 37, day.ALL) == {"available": 1}


def test_a_new_day_begins_anew(cast: Cast):
    span(cast.ana, "available", 7, None)
    charts = day.Day()
    whole(charts, NINE)
    tomorrow = read(charts, NINE.replace(hour=0, minute=1) + timedelta(days=1))
    assert [row[0] for row in tomorrow["agents"] if row[1] == day.ALL] == [0]


@pytest.mark.parametrize(
    ("on", "quarters", "marks"),
    [
        (datetime(2026, 3, 29, 12), 92, [0, 8, 20]),
        (datetime(2026, 10, 25, 12), 100, [0, 16, 28]),
        (datetime(2026, 6, 1, 12), 96, [0, 12, 24]),
    ],
)
def test_days_on_which_the_clock_changes(
    cast: Cast, on: datetime, quarters: int, marks: list[int]
):
    with timezone.override("Europe/Berlin"):
        found = read(day.Day(), timezone.make_aware(on))
    assert found["quarters"] == quarters
    assert [mark["quarter"] for mark in found["marks"][:3]] == marks
    assert [mark["text"] for mark in found["marks"][:3]] == ["00", "03", "06"]


def test_the_canary_stays_out(cast: Cast):
    own = canary.prepare()
    span(Agent.objects.get(pk=own.agent), "available", 0, None)
    assert whole(day.Day(), NINE)["agents"] == []


def test_who_sees_two_queues_sees_their_part_and_each_agent_once(cast: Cast):
    sales, other = (Queue.objects.create(name=name) for name in ("Sales", "Other"))
    sales.membership_set.create(agent=cast.ana)
    stranger = hire("clara", other)
    at = NINE.replace(hour=8)
    for queue in (cast.queue, other, None):
        fields = {"created_at": at, "answered_at": at, "ended_at": at, "queue": queue}
        ended(cast, "answered", 3, **fields)
    for agent in (cast.ana, cast.bruno, stranger):
        span(agent, "available", 7, None)
    charts = day.Day()
    whole(charts, NINE)
    seen = charts.read(NINE).shown(frozenset({cast.queue.pk, sales.pk}))
    assert {row[1] for row in seen["calls"]} == {cast.queue.pk}
    assert counts(seen, 36, day.ALL) == {"available": 2}
    assert counts(seen, 36, sales.pk) == {"available": 1}
    assert counts(seen, 36, other.pk) == {}
    assert counts(whole(charts, NINE), 36, day.ALL) == {"available": 3}
