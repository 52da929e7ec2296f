"""Whom to ring for Carla, told one rule at a time."""

from dataclasses import replace

import pytest

from agents.routing import Strategy, decide
from agents.skip_reasons import Skip
from tests.agents.candidates import (
    LONGEST_IDLE,
    NOW,
    RING_ALL,
    ROUND_ROBIN,
    ago,
    ahead,
    ana,
    bruno,
    carla,
    diego,
    rings_at,
    why_not,
)

pytestmark = pytest.mark.stackless

here = {"state": "ringing", "is_ringing_here": True}
LEVELS = replace(LONGEST_IDLE, level_seconds=15)


# --- Strategies --------------------------------------------------------------------


def test_ring_all_rings_at_everybody_who_is_free():
    assert rings_at(RING_ALL, bruno(), diego("in_call"), ana()) == [1, 2]


def test_the_one_who_is_idle_for_longest_is_asked_alone():
    assert rings_at(LONGEST_IDLE, ana(idle=10), bruno(idle=400), diego(idle=20)) == [2]


def test_round_robin_asks_whoever_was_never_asked_and_then_the_least_recent():
    asked = ana(last_offered_at=ago(900)), bruno(last_offered_at=ago(901))
    assert rings_at(ROUND_ROBIN, *asked, diego()) == [3]
    assert rings_at(ROUND_ROBIN, *asked) == [2]


def test_equals_are_asked_in_the_order_of_the_list():
    for rules in (LONGEST_IDLE, ROUND_ROBIN):
        assert rings_at(rules, diego(idle=9), bruno(idle=9)) == [2]


def test_nobody_there_rings_nowhere():
    decision = decide(carla(), LONGEST_IDLE, [], NOW)
    assert (decision.ring, decision.skipped) == ((), ())
    assert decision.strategy == Strategy.LONGEST_IDLE


# --- While it rings ----------------------------------------------------------------


def test_a_bell_that_rings_is_not_taken_away_for_somebody_better():
    assert rings_at(LONGEST_IDLE, ana(idle=500), bruno(idle=5, **here)) == [2]


def test_after_her_seconds_the_next_one_is_asked_at_once():
    nearly, over = ana(idle=19.9, **here), ana(idle=20, **here)
    assert rings_at(LONGEST_IDLE, nearly, bruno()) == [1]
    assert rings_at(LONGEST_IDLE, over, bruno()) == [2]


def test_ring_all_rings_on_for_as_long_as_the_caller_waits():
    assert rings_at(RING_ALL, ana(idle=300, **here), bruno(), waited=300) == [1, 2]


def test_a_console_that_can_ring_no_longer_stops_ringing():
    deaf = ana(can_ring=False, **here)
    assert rings_at(LONGEST_IDLE, deaf, bruno()) == [2]


def test_if_two_ring_where_one_may_only_one_goes_on():
    """Somebody changed the strategy while it rang."""
    assert rings_at(LONGEST_IDLE, ana(idle=5, **here), bruno(idle=6, **here)) == [2]


def test_for_ring_all_it_may_ring_for_two_callers_at_the_same_console():
    assert rings_at(RING_ALL, ana("ringing"), bruno()) == [1, 2]
    assert rings_at(LONGEST_IDLE, ana("ringing"), bruno()) == [2]


# --- Who was tried -----------------------------------------------------------------


def test_who_declined_is_never_asked_again_however_long_ago():
    declined = ana(tried="declined", tried_at=ago(3000))
    patient = replace(LONGEST_IDLE, retry_seconds=1)
    assert rings_at(patient, declined, waited=4000) == []


@pytest.mark.parametrize("how", ["missed", "console"])
def test_who_missed_it_may_be_asked_again_after_a_while_or_never(how):
    missed = ana(tried=how, tried_at=ago(30))
    assert rings_at(replace(LONGEST_IDLE, retry_seconds=0), missed) == []
    assert rings_at(replace(LONGEST_IDLE, retry_seconds=31), missed) == []
    assert rings_at(replace(LONGEST_IDLE, retry_seconds=30), missed) == [1]


def test_who_was_not_asked_yet_comes_before_who_missed_it():
    again = replace(LONGEST_IDLE, retry_seconds=30)
    missed = ana(idle=900, tried="missed", tried_at=ago(60))
    assert rings_at(again, missed, bruno(idle=1)) == [2]


def test_asked_again_she_has_all_her_seconds():
    again = replace(LONGEST_IDLE, retry_seconds=30)
    missed = {"tried": "missed", "tried_at": ago(49)}
    assert rings_at(again, ana(idle=19, **here, **missed)) == [1]
    assert rings_at(again, ana(idle=20, **here, **missed)) == []


# --- Levels ------------------------------------------------------------------------


def test_a_level_opens_when_the_caller_has_waited_for_it():
    second, third = bruno(level=2), diego(level=3)
    busy = ana("in_call")
    assert rings_at(LEVELS, busy, second, third, waited=14.9) == []
    assert rings_at(LEVELS, busy, second, third, waited=15) == [2]
    everybody = replace(LEVELS, strategy=Strategy.RING_ALL)
    assert rings_at(everybody, busy, second, third, waited=29.9) == [2]
    assert rings_at(everybody, busy, second, third, waited=30) == [2, 3]


@pytest.mark.parametrize(
    "first",
    [
        ana("offline"),
        ana(tried="declined", tried_at=ago(1)),
        ana(tried="missed", tried_at=ago(1)),
    ],
)
def test_a_level_opens_at_once_when_nobody_before_it_will_take_the_call(first):
    assert rings_at(LEVELS, first, bruno(level=2), waited=1) == [2]
    assert rings_at(LEVELS, bruno(level=2), waited=1) == [2]


@pytest.mark.parametrize("state", ["in_call", "on_break", "wrap_up", "cannot_ring"])
def test_a_level_waits_for_colleagues_who_are_logged_in(state):
    assert rings_at(LEVELS, ana(state), bruno(level=2), waited=1) == []


def test_of_open_levels_the_first_is_asked_first():
    assert rings_at(LEVELS, ana(idle=1), bruno(idle=900, level=2), waited=99) == [1]


def test_a_colleague_who_logs_in_does_not_take_the_bell_from_a_later_level():
    ringing = bruno(idle=2, level=2, **here)
    assert rings_at(LEVELS, ana("on_break"), ringing, waited=3) == [2]


# --- Who knows the person ----------------------------------------------------------


def test_who_knows_the_person_is_asked_first_whatever_their_level_and_idleness():
    known = bruno(idle=1, level=3)
    knows = {"sticky_agent": 2, "sticky_until": ahead(10)}
    for rules in (RING_ALL, LEVELS, ROUND_ROBIN):
        assert rings_at(rules, ana(), known, waited=1, **knows) == [2]


@pytest.mark.parametrize(
    "absent",
    [
        bruno("in_call"),
        bruno("offline"),
        bruno("ringing"),
        bruno(tried="declined", tried_at=ago(1)),
    ],
)
def test_nobody_waits_for_who_knows_the_person_but_cannot(absent):
    knows = {"sticky_agent": 2, "sticky_until": ahead(10)}
    assert rings_at(LONGEST_IDLE, ana(), absent, **knows) == [1]


def test_who_knows_the_person_comes_too_late_when_it_rings_at_others():
    knows = {"sticky_agent": 2, "sticky_until": ahead(10)}
    ringing = ana(idle=3, **here)
    assert rings_at(LONGEST_IDLE, ringing, bruno(), **knows) == [1]
    assert rings_at(RING_ALL, ringing, bruno(), **knows) == [2, 1]


def test_after_its_time_knowing_the_person_is_no_merit():
    knew = {"sticky_agent": 2, "sticky_until": NOW}
    assert rings_at(LONGEST_IDLE, ana(), bruno(), **knew) == [1]


# --- Transfers ---------------------------------------------------------------------


def test_a_call_for_bruno_waits_for_bruno_and_then_for_anybody():
    busy = bruno("in_call")
    for_him = {"only_agent": 2, "from_agent": 3}
    assert rings_at(RING_ALL, ana(), busy, only_until=ahead(1), **for_him) == []
    assert rings_at(RING_ALL, ana(), busy, only_until=NOW, **for_him) == [1]


def test_a_call_for_bruno_rings_at_bruno_whatever_his_level():
    named = {"only_agent": 2, "only_until": ahead(30)}
    assert rings_at(LEVELS, ana(), bruno(level=3), waited=0, **named) == [2]


def test_a_call_that_bruno_declined_or_missed_is_for_anybody():
    named = {"only_agent": 2, "only_until": ahead(30)}
    declined = bruno(tried="declined", tried_at=NOW)
    rang_out = bruno(idle=20, **here)
    for had_his_chance in (declined, rang_out):
        assert rings_at(LONGEST_IDLE, ana(), had_his_chance, **named) == [1]


def test_a_call_does_not_go_back_to_who_passed_it_on():
    assert rings_at(RING_ALL, ana(), bruno(), diego(), from_agent=1) == [2, 3]
    assert rings_at(RING_ALL, ana(), bruno("on_break"), from_agent=1) == []


def test_a_call_goes_back_to_who_passed_it_on_when_nobody_else_will_ever_take_it():
    refused = bruno(tried="declined", tried_at=ago(2))
    assert rings_at(RING_ALL, ana(), bruno("offline"), from_agent=1) == [1]
    assert rings_at(LONGEST_IDLE, ana(level=2), refused, from_agent=1) == [1]


# --- The answer --------------------------------------------------------------------


def test_the_answer_names_everybody_once_by_number():
    agents = [
        diego("offline"),
        bruno(),
        ana(),
    ]
    decision = decide(carla(), LONGEST_IDLE, agents, NOW)
    assert decision.ring == (1,)
    assert [one.agent_id for one in decision.skipped] == [2, 3]
    assert why_not(diego(), decision)[0] == Skip.OFFLINE
