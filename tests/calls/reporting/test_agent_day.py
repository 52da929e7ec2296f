"""An agent's day: each second of talk is of the agents who had it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import AgentState, BreakReason
from agents.services import break_ends
from calls import placement
from calls.lifecycle import ending, transfer
from calls.models import CallChange
from calls.queueing import wrap_up
from calls.reporting.agent_day import own_day
from tests.cast import Cast
from tests.shift import DORA, Shift, change, fresh, set_state


def at_noon(shift: Shift) -> None:
    """Go on to tomorrow's noon, so that no test runs over midnight."""
    tomorrow = timezone.localtime(shift.clock.at) + timedelta(days=1)
    noon = tomorrow.replace(hour=12, minute=0)
    shift.clock.at = noon.astimezone(shift.clock.at.tzinfo)
    placement.renew(shift.node, calls=0)


def test_a_day_without_calls_has_no_average(cast: Cast):
    day = own_day(cast.ana)
    assert (day.calls, day.talk, day.average_handle, day.breaks) == (0, 0, None, ())


def test_holds_are_no_talk_and_wrap_up_is_handling(cast: Cast, shift: Shift):
    at_noon(shift)
    change(cast.queue, wrap_up_seconds=60)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.clock.forward(100)
    transfer.hold(call.pk, cast.ana)
    shift.clock.forward(40)
    transfer.resume(call.pk, cast.ana)
    shift.clock.forward(20)
    ending.hang_up(call.pk, cast.ana)
    shift.clock.forward(25)
    shift.beat()
    assert wrap_up.end_wrap_up(cast.ana.pk)
    day = own_day(cast.ana)
    assert (day.calls, day.talk) == (1, fresh(call).talk_seconds) == (1, 120)
    assert day.average_handle == 185


def test_the_parts_of_a_call_that_was_transferred_add_up(
    cast: Cast, shift: Shift, monkeypatch: pytest.MonkeyPatch
):
    at_noon(shift)
    at = CallChange._meta.get_field("at")  # its default knows the machine's clock alone
    monkeypatch.setattr(at, "default", shift.clock.now)
    monkeypatch.setitem(at.__dict__, "_get_default", shift.clock.now)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.clock.forward(30)
    transfer.hold(call.pk, cast.ana)
    shift.clock.forward(10)
    transfer.resume(call.pk, cast.ana)
    shift.clock.forward(30)
    shift.begins(cast.bruno)
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    shift.clock.forward(5)
    call = shift.answers(cast.bruno, call)
    shift.clock.forward(200)
    ending.hang_up(call.pk, cast.bruno)
    ana, bruno = own_day(cast.ana), own_day(cast.bruno)
    assert (ana.calls, bruno.calls) == (1, 1)
    assert (ana.talk, bruno.talk) == (60, 200)
    assert fresh(call).talk_seconds == 260


def test_missed_and_running_calls_do_not_count(cast: Cast, shift: Shift):
    at_noon(shift)
    shift.begins(cast.ana)
    shift.hangs_up(shift.calls_in())
    shift.later(8)
    shift.talks(cast.ana, DORA)
    assert own_day(cast.ana).calls == 0


def test_yesterday_is_over(cast: Cast, shift: Shift):
    at_noon(shift)
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.clock.forward(60)
    ending.hang_up(call.pk, cast.ana)
    assert own_day(cast.ana).calls == 1
    shift.clock.forward(timedelta(days=1).total_seconds())
    assert own_day(cast.ana).calls == 0


def test_breaks_that_are_over_are_taken_from_the_allowance(cast: Cast, shift: Shift):
    at_noon(shift)
    BreakReason.objects.create(name="Lunch", minutes=30, minutes_per_day=45)
    BreakReason.objects.create(name="Training")  # without an allowance
    shift.begins(cast.ana)
    for reason, seconds in (("Lunch", 600), ("Training", 900), ("Lunch", 300)):
        until = break_ends(reason)
        set_state(cast.ana.pk, AgentState.ON_BREAK, reason=reason, until=until)
        shift.clock.forward(seconds)
        set_state(cast.ana.pk, AgentState.AVAILABLE)
    [lunch] = own_day(cast.ana).breaks
    assert (lunch.name, lunch.allowed, lunch.used) == ("Lunch", 2700, 900)
    # The one that lasts is counted by the page, which sees it go on.
    set_state(cast.ana.pk, AgentState.ON_BREAK, reason="Lunch")
    shift.clock.forward(60)
    assert own_day(cast.ana).breaks[0].used == 900
