"""Sofia directs agents: whose state she sets, when it counts, and who is stuck."""

import json
from typing import Any

import pytest

from agents import hands
from agents.models import Agent, BreakReason
from callcenter.models import AuditEntry
from calls.console.messages import Page
from calls.console.requests import REQUESTS
from calls.errors import Refused
from calls.lifecycle import directing
from calls.lifecycle.directing import Wish
from calls.models import Disposition, Leg
from tests.cast import Cast
from tests.shift import Shift, change, outcomes, ringing, set_state, state_of

BREAK = Wish("on_break", "Lunch")


def sets(cast: Cast, agent: Agent, wish: Wish) -> str:
    return directing.set_state(agent.pk, wish, cast.sofia)


def notices(told: list[dict[str, Any]], agent: Agent) -> list[dict[str, Any]]:
    """What the agent's consoles were told of a supervisor."""
    contents = [json.loads(one["text"]) for one in told if agent.pk in one["to"]]
    return [one for one in contents if one["type"] == "directed"]


# --- States ---------------------------------------------------------------------------


def test_ana_goes_on_a_break_and_reads_who_sent_her(
    cast: Cast, shift: Shift, told: list[dict[str, Any]]
):
    BreakReason.objects.create(name="Lunch", minutes=30)
    shift.begins(cast.ana)
    assert sets(cast, cast.ana, BREAK) == "Ana: On break."
    ana = Agent.objects.get(pk=cast.ana.pk)
    assert (ana.state, ana.reason) == ("on_break", "Lunch")
    assert ana.until is not None
    (notice,) = notices(told, cast.ana)
    assert (notice["by"], notice["what"]) == ("supervisor", "state")
    assert (notice["state"], notice["reason"]) == ("on_break", "Lunch")
    entry = AuditEntry.objects.filter(object_type="agents.agent").latest("pk")
    assert (entry.username, entry.details) == ("supervisor", "state on_break Lunch")


def test_from_a_break_ana_is_available_again(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    sets(cast, cast.ana, BREAK)
    sets(cast, cast.ana, Wish("available"))
    assert state_of(cast.ana) == "available"


def test_what_is_so_already_changes_nothing_and_tells_nobody(
    cast: Cast, shift: Shift, told: list[dict[str, Any]]
):
    shift.begins(cast.ana)
    assert sets(cast, cast.ana, Wish("available")) == "Ana: Available."
    call = shift.calls_in()
    assert sets(cast, cast.ana, Wish("available")) == "Ana: Ringing."
    assert ringing(call) == ["Ana"]
    assert notices(told, cast.ana) == []


def test_nobody_is_available_without_a_console(cast: Cast, shift: Shift):
    with pytest.raises(Refused, match="Ana has no console open"):
        sets(cast, cast.ana, Wish("available"))
    assert state_of(cast.ana) == "offline"


def test_a_call_that_rings_at_ana_rings_on_at_bruno(cast: Cast, shift: Shift):
    change(cast.queue, strategy="longest_idle")
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    assert ringing(call) == ["Ana"]
    sets(cast, cast.ana, BREAK)
    assert state_of(cast.ana) == "on_break"
    assert outcomes(call) == [("Ana", "cancelled"), ("Bruno", "ringing")]


@pytest.mark.parametrize("wish", [BREAK, Wish("offline"), Wish("available")])
def test_nobody_is_taken_out_of_a_call(wish: Wish, cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    with pytest.raises(Refused, match="Ana is on a call"):
        sets(cast, cast.ana, wish)
    assert state_of(cast.ana) == "in_call"
    shift.hangs_up(call)
    assert state_of(cast.ana) == "available"


def test_after_the_call_ana_goes_where_sofia_said(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    said = sets(cast, cast.ana, BREAK._replace(after_call=True))
    assert said == "Ana: On break, after the call."
    assert state_of(cast.ana) == "in_call"
    shift.hangs_up(call)
    assert state_of(cast.ana) == "on_break"


def test_what_ana_chose_to_follow_her_call_is_taken_back(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    sets(cast, cast.ana, BREAK._replace(after_call=True))
    sets(cast, cast.ana, Wish("available", after_call=True))
    shift.hangs_up(call)
    assert state_of(cast.ana) == "available"


def test_who_is_not_on_a_call_does_not_wait_for_its_end(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    sets(cast, cast.ana, BREAK._replace(after_call=True))
    assert state_of(cast.ana) == "on_break"


# --- Who is stuck ---------------------------------------------------------------------


def wraps_up(cast: Cast, shift: Shift) -> Leg:
    change(cast.queue, wrap_up_seconds=600, disposition_required=True)
    Disposition.objects.create(name="Order")
    shift.begins(cast.ana)
    shift.hangs_up(shift.talks(cast.ana))
    assert state_of(cast.ana) == "wrap_up"
    return Leg.objects.get(agent=cast.ana)


def test_a_wrap_up_ends_without_the_disposition_that_ana_owes(cast: Cast, shift: Shift):
    leg = wraps_up(cast, shift)
    assert directing.release(cast.ana.pk, cast.sofia) == "Ana is free again."
    assert state_of(cast.ana) == "available"
    leg.refresh_from_db()
    assert leg.wrapped_up_at is not None
    assert leg.disposition is None


@pytest.mark.parametrize(
    ("wish", "state"),
    [(BREAK, "on_break"), (Wish("offline"), "offline"), (Wish("available"),) * 2],
)
def test_out_of_a_wrap_up_ana_goes_at_once(
    wish: Wish, state: Any, cast: Cast, shift: Shift
):
    leg = wraps_up(cast, shift)
    sets(cast, cast.ana, wish)
    assert state_of(cast.ana) == wish.state
    leg.refresh_from_db()
    assert leg.wrapped_up_at is not None


@pytest.mark.parametrize("state", ["ringing", "in_call", "reconnecting"])
def test_who_is_in_a_call_that_is_not_there_is_freed(
    state: str, cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    set_state(cast.ana.pk, state)
    directing.release(cast.ana.pk, cast.sofia)
    assert state_of(cast.ana) == "available"


def test_who_is_free_or_rings_is_not_stuck(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    with pytest.raises(Refused, match="Ana is not stuck: Available"):
        directing.release(cast.ana.pk, cast.sofia)
    call = shift.calls_in()
    with pytest.raises(Refused, match="Ana is not stuck: Ringing"):
        directing.release(cast.ana.pk, cast.sofia)
    assert ringing(call) == ["Ana"]


def test_who_talks_or_is_consulted_is_not_freed(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    shift.asks(cast.ana, cast.bruno, call)
    for agent in (cast.ana, cast.bruno):
        with pytest.raises(Refused, match="is on a call"):
            directing.release(agent.pk, cast.sofia)
        assert state_of(agent) == "in_call"


# --- The hand -------------------------------------------------------------------------


def test_a_hand_is_seen_once(cast: Cast, shift: Shift, told: list[dict[str, Any]]):
    shift.begins(cast.ana)
    hands.raise_hand(cast.ana.pk, "A refund over 500")
    for _again in range(2):
        directing.lower_hand(cast.ana.pk, cast.sofia)
    ana = Agent.objects.get(pk=cast.ana.pk)
    assert (ana.hand_raised_at, ana.hand_reason) == (None, "")
    assert [one["what"] for one in notices(told, cast.ana)] == ["hand"]


def test_who_goes_offline_wants_nobody_any_more(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    hands.raise_hand(cast.ana.pk, "")
    sets(cast, cast.ana, Wish("offline"))
    assert Agent.objects.get(pk=cast.ana.pk).hand_raised_at is None


def test_who_is_offline_raises_no_hand(cast: Cast, shift: Shift):
    with pytest.raises(Refused, match="You are offline"):
        REQUESTS["raise_hand"](Page(cast.ana, "page"), {"reason": "A refund"})
    assert Agent.objects.get(pk=cast.ana.pk).hand_raised_at is None


def test_another_reason_does_not_begin_the_wait_anew(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    hands.raise_hand(cast.ana.pk, "A refund")
    since = Agent.objects.get(pk=cast.ana.pk).hand_raised_at
    hands.raise_hand(cast.ana.pk, "x" * 500)
    ana = Agent.objects.get(pk=cast.ana.pk)
    assert (ana.hand_raised_at, len(ana.hand_reason)) == (since, 200)
