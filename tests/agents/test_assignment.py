"""Several callers at once: who is served first, and nobody is promised twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import process_time

import pytest

from agents.assignment import Try, for_call
from agents.routing import Candidate, Rules, Strategy, Waiting
from agents.skip_reasons import Skip
from tests.agents.candidates import (
    LONGEST_IDLE,
    NOW,
    RING_ALL,
    ago,
    ana,
    bruno,
    decisions,
    diego,
    why_not,
)

pytestmark = pytest.mark.stackless

SUPPORT, SALES = 1, 2
here = {"state": "ringing", "is_ringing_here": True}


def caller(name: str, waited: float = 5, queue: int = SUPPORT, **more) -> Waiting:
    return Waiting(name, queue, ago(waited), **more)


def rings(
    *waitings: Waiting,
    agents: Sequence[Candidate],
    seen: dict[str, Sequence[Candidate]] | None = None,
    rules: dict[int, Rules] | None = None,
    now: datetime = NOW,
) -> dict[str, tuple[int, ...]]:
    """`seen`: agents as one call sees them, where that differs."""
    by_call = {w.call_id: agents for w in waitings} | (seen or {})
    queues = {SUPPORT: LONGEST_IDLE, SALES: LONGEST_IDLE} | (rules or {})
    decided = decisions(waitings, queues, by_call, now)
    return {call_id: decision.ring for call_id, decision in decided.items()}


def test_the_caller_who_waits_for_longest_gets_the_agent_who_is_idle_for_longest():
    first, second = caller("carla", waited=9), caller("dora", waited=8)
    agents = [bruno(idle=3), ana(idle=60)]
    assert rings(second, first, agents=agents) == {"carla": (1,), "dora": (2,)}


def test_weight_goes_before_priority_and_priority_before_waiting():
    long, urgent = caller("long", 900), caller("urgent", 30, priority=1)
    heavy = caller("heavy", 1, queue=SALES, weight=1)
    assert rings(long, urgent, heavy, agents=[ana()])["heavy"] == (1,)
    assert rings(long, urgent, agents=[ana()]) == {"long": (), "urgent": (1,)}


def test_callers_of_the_same_instant_are_served_in_a_fixed_order():
    both = caller("a"), caller("b")
    assert rings(*both, agents=[ana()]) == rings(*both[::-1], agents=[ana()])


def test_who_was_picked_for_one_caller_reads_that_it_rings_for_another():
    line = [caller("carla", 9), caller("dora", 8)]
    agents = [ana()]
    by_call = {w.call_id: agents for w in line}
    decision = decisions(line, {SUPPORT: LONGEST_IDLE}, by_call, NOW)["dora"]
    assert why_not(ana(), decision)[0] == Skip.RINGS_ELSEWHERE


def test_a_more_urgent_caller_takes_no_bell_away():
    urgent, carla = caller("urgent", 1, priority=9), caller("carla")
    elsewhere = {"urgent": [ana("ringing")], "carla": [ana(idle=3, **here)]}
    assert rings(urgent, carla, agents=[], seen=elsewhere) == {
        "urgent": (),
        "carla": (1,),
    }


def test_calls_that_ring_at_everybody_share_the_agents():
    line = caller("carla", 9), caller("dora", 8)
    agents = [ana(), bruno()]
    everybody = {SUPPORT: RING_ALL}
    assert rings(*line, agents=agents, rules=everybody) == {
        "carla": (1, 2),
        "dora": (1, 2),
    }


def test_a_call_for_one_at_a_time_shares_with_nobody():
    """Now and at the next look, when it rings already: the answer is the same."""
    both = {SUPPORT: LONGEST_IDLE, SALES: RING_ALL}
    line = caller("carla"), caller("dora", 1, queue=SALES)
    agents = [ana(), bruno()]
    first = rings(*line, agents=agents, rules=both)
    assert first == {"carla": (1,), "dora": (2,)}
    later = {
        "carla": [ana(idle=1, **here), bruno("ringing")],
        "dora": [ana("ringing"), bruno(idle=1, **here)],
    }
    assert rings(*line, agents=[], seen=later, rules=both) == first


def test_who_rings_with_everybody_is_not_taken_for_one_alone():
    both = {SUPPORT: LONGEST_IDLE, SALES: RING_ALL}
    line = caller("dora", queue=SALES, weight=1), caller("carla")
    assert rings(*line, agents=[ana()], rules=both) == {"dora": (1,), "carla": ()}


def test_whom_two_callers_claim_rings_for_the_first_of_them():
    line = caller("carla", 9), caller("dora", 8)
    twice = [ana(idle=3, **here)]
    assert rings(*line, agents=twice) == {"carla": (1,), "dora": ()}


def test_an_agent_of_two_queues_is_promised_once():
    line = caller("carla", queue=SUPPORT), caller("dora", queue=SALES)
    assert sorted(rings(*line, agents=[ana()]).values()) == [(), (1,)]


def test_the_members_of_a_queue_as_one_call_sees_them():
    members = [ana(), bruno(), diego("ringing")]
    declined = Try("declined", ago(4))
    seen = for_call(members, {2: declined}, ringing={3: ago(7)})
    assert seen[0] is members[0]
    assert seen[1] == replace(bruno(), tried="declined", tried_at=ago(4))
    assert seen[2] == diego("ringing", idle=7, is_ringing_here=True)
    assert for_call(members, {}, {}) is members


@pytest.mark.parametrize("strategy", Strategy)
def test_twice_the_agents_and_callers_cost_four_times_as_much_and_no_more(strategy):
    """All pairs are looked at, and none of them again and again."""
    small, large = (
        time_to_decide(strategy, agents, agents // 2) for agents in (50, 100)
    )
    assert large < 7 * small


def time_to_decide(strategy: Strategy, many: int, callers: int) -> float:
    """Processor time, the best of many: a busy machine is slow at both sizes."""
    states = ["available", "available", "in_call", "wrap_up", "on_break"]
    agents = [
        Candidate(n, f"Agent {n}", states[n % 5], ago(n * 7 % 100), level=1 + n % 2)
        for n in range(many)
    ]
    line = [caller(f"caller {n}", waited=n) for n in range(callers)]
    seen = {w.call_id: for_call(agents, {5: Try("missed", NOW)}, {}) for w in line}
    rules = {SUPPORT: Rules(strategy, level_seconds=25)}

    def took() -> float:
        started = process_time()
        decisions(line, rules, seen, NOW)
        return process_time() - started

    return min(took() for _ in range(20))
