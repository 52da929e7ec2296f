"""What goes on in the queues: read once for all consoles, told where it changed."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentState, Membership, Queue
from calls.console.floor import MOST_COLLEAGUES, Floor, read_floor, shown
from calls.console.pushes import Push
from calls.lifecycle import ending
from tests.cast import Cast, hire, on_duty
from tests.shift import DORA, Shift, change


class Page:
    """A console as the floor sees it."""

    def __init__(self, agent: Agent) -> None:
        self.agent_id = agent.pk
        self.told: list[dict[str, Any]] = []

    def show(self, push: Push) -> None:
        assert push["about"] == {"type": "floor"}
        self.told.append(json.loads(push["text"]))


@pytest.fixture
def floor(monkeypatch) -> Floor:
    """One that looks when the test says so."""
    floor = Floor()
    monkeypatch.setattr(floor._rounds, "start", lambda: None)
    return floor


def queue_of(page: Page, name: str = "Support") -> dict[str, Any]:
    [found] = [one for one in page.told[-1]["queues"] if one["name"] == name]
    return found


def test_callers_who_wait_are_counted_from_the_one_who_waits_longest(
    cast: Cast, shift: Shift, floor: Floor
):
    page = Page(cast.ana)
    floor.enter(page)
    floor.show(read_floor())
    assert queue_of(page)["waiting"] == 0
    assert queue_of(page)["waiting_since"] is None
    first = shift.calls_in()
    shift.clock.forward(20)
    shift.calls_in(DORA)
    floor.show(read_floor())
    assert queue_of(page)["waiting"] == 2
    assert queue_of(page)["waiting_since"] == first.queued_at.isoformat()
    shift.hangs_up(first)
    floor.show(read_floor())
    assert queue_of(page)["waiting"] == 1


def test_nothing_is_told_twice(cast: Cast, shift: Shift, floor: Floor):
    pages = [Page(cast.ana), Page(cast.bruno)]
    for page in pages:
        floor.enter(page)
    for _ in range(3):
        floor.show(read_floor())
    assert [len(page.told) for page in pages] == [1, 1]
    on_duty(cast.bruno)
    floor.show(read_floor())
    assert [len(page.told) for page in pages] == [2, 2]
    floor.leave(pages[0])
    shift.calls_in()
    floor.show(read_floor())
    assert [len(page.told) for page in pages] == [2, 3]


def test_an_agent_in_a_call_is_told_when_it_is_over(
    cast: Cast, shift: Shift, floor: Floor
):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    page = Page(cast.ana)
    floor.enter(page)
    floor.show(read_floor())
    assert page.told == []
    ending.hang_up(call.pk, cast.ana)
    floor.show(read_floor())
    assert len(page.told) == 1


def test_each_sees_the_queues_they_serve_and_who_serves_them(cast: Cast, floor: Floor):
    sales = Queue.objects.create(name="Sales")
    erik = hire("erik", sales)
    Membership.objects.create(queue=sales, agent=cast.bruno)
    on_duty(cast.ana, cast.bruno, erik)
    pages = [Page(cast.ana), Page(cast.bruno), Page(erik)]
    for page in pages:
        floor.enter(page)
    floor.show(read_floor())
    queues = [[one["name"] for one in page.told[0]["queues"]] for page in pages]
    assert queues == [["Support"], ["Sales", "Support"], ["Sales"]]
    agents = [[one["name"] for one in page.told[0]["agents"]] for page in pages]
    assert agents == [["Ana", "Bruno"], ["Ana", "Bruno", "Erik"], ["Bruno", "Erik"]]


def test_who_can_be_consulted_comes_first_and_who_is_offline_not_at_all(
    cast: Cast, floor: Floor
):
    zoe = hire("zoe", cast.queue)
    on_duty(zoe, cast.ana)
    change(cast.ana, state=AgentState.ON_BREAK)
    silent = hire("bob", cast.queue)
    change(silent, state=AgentState.AVAILABLE)  # whose console showed nothing lately
    agents = shown(read_floor(), [cast.queue.pk])["agents"]
    assert [(one["name"], one["can_take"]) for one in agents] == [
        ("Zoe", True),
        ("Ana", False),
        ("Bob", False),
    ]


def test_many_agents_cost_no_more_statements_and_a_list_that_is_bounded(cast: Cast):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            read_floor()
        return len(queries)

    few = cost()
    many = [hire(f"agent{number}", cast.queue) for number in range(MOST_COLLEAGUES + 9)]
    on_duty(*many)
    assert cost() == few == 2
    told = shown(read_floor(), [cast.queue.pk])
    assert (len(told["agents"]), told["signed_in"]) == (MOST_COLLEAGUES, len(many))


def test_the_canary_is_on_no_floor(cast: Cast, shift: Shift):
    shift.calls_in()
    change(cast.queue, is_canary=True)
    assert shown(read_floor(), [cast.queue.pk])["queues"] == []


async def test_it_looks_when_something_has_changed_and_now_and_then_besides(
    floor: Floor, monkeypatch
):
    looks: list[int] = []

    async def look(read) -> Any:
        looks.append(1)
        return read.__globals__["FloorNow"]((), {}, timezone.now())

    monkeypatch.setattr("calls.console.floor.in_database", look)
    await floor.look()
    assert len(looks) == 1
    for _ in range(4):
        await floor.look()
    assert len(looks) == 1  # nothing was pushed
    await floor.look()
    assert len(looks) == 2  # but a push may be lost
    floor.hear({"type": "agent", "agent": {"id": 1}})
    await floor.look()
    assert len(looks) == 3
    floor.hear({"type": "plans", "plans": []})
    await floor.look()
    assert len(looks) == 3


def test_a_missed_call_tells_lists_of_calls_that_they_are_old(cast: Cast, floor: Floor):
    page = Page(cast.ana)
    floor.enter(page)
    floor.show(read_floor())
    before = page.told[-1]["ended"]
    ended = {"queue": "Support", "ended_at": "now", "answered_at": None}
    floor.hear({"type": "call", "call": {**ended, "answered_at": "before"}})
    floor.show(read_floor())
    assert page.told[-1]["ended"] == before
    floor.hear({"type": "call", "call": ended})
    floor.show(read_floor())
    assert page.told[-1]["ended"] == before + 1
