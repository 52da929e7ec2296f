"""A floor in sets: what a call costs does not depend on how many agents there are."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentStateSpan
from callcenter.wati.events import CallTerminated
from calls.lifecycle import answer
from calls.lifecycle.inbound import customer_ended
from calls.models import Call
from calls.queueing import dispatch
from tests.cast import CARLA, Cast, hire
from tests.shift import Shift, change, outcomes, ringing, states_of


@pytest.fixture
def floor(cast: Cast, shift: Shift) -> Callable[[int], list[Agent]]:
    """So many agents of the queue are available, each with a console that can ring."""
    agents = [cast.ana, cast.bruno]

    def there_are(many: int) -> list[Agent]:
        while len(agents) < many:
            agents.append(hire(f"agent{len(agents)}", cast.queue))
        now = timezone.now()
        for agent in agents:
            shift.consoles[agent.pk] = agent
        Agent.objects.filter(pk__in=shift.consoles).update(
            state="available", state_since=now, seen_at=now, ready_at=now
        )
        AgentStateSpan.objects.all().delete()
        AgentStateSpan.objects.bulk_create(
            AgentStateSpan(agent=agent, state="available", started_at=now)
            for agent in agents
        )
        return agents

    return there_are


CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def cost(act: Callable[[], object]) -> int:
    """How many statements it takes, those that only frame transactions aside."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(not query["sql"].startswith(CONTROL) for query in captured)


@pytest.mark.parametrize("strategy", ["ring_all", "longest_idle"])
def test_a_call_costs_as_much_with_fifty_agents_as_with_five(
    cast: Cast, shift: Shift, floor, strategy: str
):
    change(cast.queue, strategy=strategy)
    ring, end = [], []
    for many in (5, 50, 50):  # the first call makes the contact, too
        agents = floor(many)
        ring.append(cost(lambda: shift.calls_in(CARLA)))
        (call,) = Call.objects.filter(status="ringing")
        assert len(ringing(call)) == (many if strategy == "ring_all" else 1)
        over = CallTerminated(call.wati_call_id)
        end.append(cost(lambda: customer_ended(cast.account, over)))  # noqa: B023
        assert set(states_of(*agents)) == {"available"}
    assert ring[1] == ring[2] <= ring[0]
    assert len(set(end)) == 1
    # Less one: the test itself looks at the call. A new contact costs three more, one
    # of them the look among the marks of those who were erased.
    assert ring[0] - 1 <= 28
    assert ring[1] - 1 <= 25
    assert end[0] <= 15


def test_a_call_that_one_of_fifty_answers_frees_all_others_at_once(
    cast: Cast, shift: Shift, floor
):
    answering = []
    for many in (5, 50):
        agents = floor(many)
        call = shift.calls_in(CARLA)
        answering.append(cost(lambda: answer.claim(call.pk, cast.ana)))  # noqa: B023
        assert outcomes(call).count(("Ana", "answered")) == 1
        assert len([one for one in outcomes(call) if one[1] == "taken"]) == many - 1
        assert states_of(*agents).count("in_call") == 1
        shift.hangs_up(call)
    assert answering[0] == answering[1]


def test_intervals_add_up_however_many_agents_move_at_once(
    cast: Cast, shift: Shift, floor
):
    agents = floor(20)
    shift.clock.forward(3)
    call = shift.calls_in(CARLA)
    shift.clock.forward(3)
    shift.hangs_up(call)
    for agent in agents:
        spans = list(agent.spans.order_by("started_at"))
        states = ["available", "ringing", "available"]
        assert [span.state for span in spans] == states
        assert all(a.ended_at == b.started_at for a, b in pairwise(spans))


def test_fifty_consoles_that_confirm_nothing_are_found_in_one_look(
    cast: Cast, shift: Shift, floor
):
    expiring = []
    for many in (5, 50):
        agents = floor(many)
        call = shift.calls_in(CARLA)
        shift.clock.forward(1.6)
        expiring.append(cost(dispatch.expire_attempts))
        assert {outcome for _, outcome in outcomes(call)} == {"console"}
        assert set(states_of(*agents)) == {"cannot_ring"}
        shift.hangs_up(call)
    assert expiring[0] == expiring[1]
