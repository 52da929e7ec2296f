"""Agents on their one timeline."""

from datetime import timedelta
from itertools import pairwise

import pytest

from agents import services as staff
from agents.models import Agent, AgentStateSpan, BreakReason
from tests.cast import Cast, hire
from tests.shift import Shift, change, set_state, state_of


def now_of(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


def spans_of(agent: Agent) -> list[AgentStateSpan]:
    return list(agent.spans.order_by("pk"))


# --- The timeline --------------------------------------------------------------------


def test_a_day_adds_up_to_the_time_of_being_signed_in(cast: Cast, shift: Shift):
    ana = cast.ana.pk
    set_state(ana, "available")
    begun = now_of(cast.ana).state_since
    for state in ("ringing", "in_call", "wrap_up", "available", "on_break"):
        shift.clock.forward(7)
        set_state(ana, state)
    shift.clock.forward(7)
    set_state(ana, "offline")
    spans = spans_of(cast.ana)
    total = sum((span.ended_at - span.started_at for span in spans), timedelta())
    assert total == now_of(cast.ana).state_since - begun
    assert all(a.ended_at == b.started_at for a, b in pairwise(spans))


def test_the_same_state_once_more_is_no_change(cast: Cast, shift: Shift):
    assert set_state(cast.ana.pk, "on_break", reason="Lunch")
    before = now_of(cast.ana)
    assert not set_state(cast.ana.pk, "on_break", reason="Lunch")
    after = now_of(cast.ana)
    assert (after.version, after.state_since) == (before.version, before.state_since)
    assert set_state(cast.ana.pk, "on_break", reason="Coffee")
    assert [span.reason for span in spans_of(cast.ana)] == ["Lunch", "Coffee"]


def test_too_late_is_no_change(cast: Cast, shift: Shift):
    assert not set_state(cast.ana.pk, "in_call", only_from=("available",))
    assert not set_state(-1, "available")
    assert spans_of(cast.ana) == []


def test_what_follows_is_used_up_and_forgotten_by_who_goes_away(
    cast: Cast, shift: Shift
):
    BreakReason.objects.create(name="Lunch", minutes=30)
    set_state(cast.ana.pk, "in_call")
    staff.set_next(cast.ana.pk, "on_break", "Lunch")
    assert after_work(cast.ana)
    now = now_of(cast.ana)
    assert (now.state, now.reason) == ("on_break", "Lunch")
    assert (now.until - shift.clock.at).total_seconds() == pytest.approx(1800, abs=1)
    assert now.next_state == ""
    staff.set_next(cast.ana.pk, "on_break", "Lunch")
    set_state(cast.ana.pk, "offline")
    assert (now_of(cast.ana).next_state, now_of(cast.ana).next_reason) == ("", "")


def after_work(*agents: Agent) -> list[int]:
    return staff.set_states([agent.pk for agent in agents], staff.after_work())


def test_who_cannot_prove_it_is_not_made_available(cast: Cast, shift: Shift):
    staff.heartbeat(cast.ana.pk, ready=True)
    after_work(cast.ana)
    assert state_of(cast.ana) == "available"
    shift.clock.forward(8)
    after_work(cast.ana)
    assert state_of(cast.ana) == "cannot_ring"
    assert now_of(cast.ana).reason.endswith(".")


def test_many_move_at_once_each_to_what_they_chose(cast: Cast, shift: Shift):
    """Ana goes to lunch, Bruno's console is gone, the others take the next call."""
    others = [hire(f"agent{number}", cast.queue) for number in range(20)]
    for agent in others:
        staff.heartbeat(agent.pk, ready=True)
    everybody = [cast.ana, cast.bruno, *others]
    staff.set_states([agent.pk for agent in everybody], in_call)
    staff.set_next(cast.ana.pk, "on_break", "Lunch")
    shift.clock.forward(5)
    moved = after_work(*everybody)
    assert moved == sorted(agent.pk for agent in everybody)
    assert [state_of(agent) for agent in everybody[:3]] == [
        "on_break",
        "cannot_ring",
        "available",
    ]
    for agent in everybody:
        first, second = spans_of(agent)
        assert first.ended_at == second.started_at == now_of(agent).state_since
    assert after_work(*others) == []


def in_call(_agent: staff.AgentNow) -> staff.NewState:
    return staff.NewState("in_call")


def test_a_break_without_a_limit_has_no_end(cast: Cast, shift: Shift):
    BreakReason.objects.create(name="Training")
    assert staff.break_ends("Training") is None
    assert staff.break_ends("Nonsense") is None


# --- Gone ----------------------------------------------------------------------------


def test_who_is_silent_for_a_minute_has_gone_but_not_out_of_a_call(
    cast: Cast, shift: Shift
):
    for agent in (cast.ana, cast.bruno):
        staff.heartbeat(agent.pk, ready=True)
        set_state(agent.pk, "available")
    set_state(cast.bruno.pk, "in_call")
    shift.clock.forward(59)
    assert not staff.silent_for_long()
    shift.clock.forward(2)
    assert list(staff.silent_for_long()) == [cast.ana]
    assert staff.overdue_heartbeats() == [cast.ana.pk]
    change(now_of(cast.bruno), state="reconnecting")
    assert list(staff.silent_for_long()) == [cast.ana]
    assert state_of(cast.ana) == "available"  # these only tell
